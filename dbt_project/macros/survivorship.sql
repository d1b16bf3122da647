{#- Generated from policies/survivorship.yml by `tidu survivorship derive`; change the rules there. -#}
{% macro survivorship() -%}
    {{ return({
      "reviewer": [
        "name",
        "entity_category",
        "reg_type_code",
        "holding_type",
        "established_on",
        "registered_capital_amount",
        "currency",
        "district_code",
        "zone_code",
        "address",
        "industry_code"
      ],
      "datasets": {
        "ms_registration": {
          "tied_by": "record",
          "observed": "updated_at"
        },
        "tx_taxpayer": {
          "tied_by": "taxpayer",
          "observed": "updated_at"
        },
        "mi_above_scale": {
          "tied_by": "record"
        },
        "hr_insurance": {
          "tied_by": "employer"
        },
        "hr_talent": {
          "tied_by": "employer"
        },
        "hr_stability_subsidy": {
          "tied_by": "employer"
        },
        "ms_annual_report": {
          "tied_by": "record"
        },
        "ms_irregularity": {
          "tied_by": "record"
        },
        "ms_ip_right": {
          "tied_by": "record"
        },
        "fn_loan": {
          "tied_by": "record"
        },
        "fn_guarantee": {
          "tied_by": "record"
        },
        "fn_subsidy": {
          "tied_by": "record"
        },
        "fn_equity": {
          "tied_by": "record"
        },
        "fn_listing": {
          "tied_by": "record"
        },
        "mi_declaration": {
          "tied_by": "record"
        },
        "mi_tier_holder": {
          "tied_by": "record"
        },
        "mi_tech_register": {
          "tied_by": "record"
        },
        "mi_arrears": {
          "tied_by": "record"
        }
      },
      "attributes": {
        "name": {
          "unregistered": {
            "by": "agreement"
          },
          "reads": "text",
          "claims": {
            "ms_registration": "entity_name",
            "tx_taxpayer": "taxpayer_name",
            "mi_above_scale": "enterprise_name",
            "hr_insurance": "employer_name",
            "hr_talent": "employer_name",
            "ms_ip_right": "owner_name",
            "fn_loan": "borrower_name",
            "fn_guarantee": "enterprise_name",
            "fn_subsidy": "enterprise_name",
            "fn_equity": "enterprise_name",
            "fn_listing": "enterprise_name",
            "mi_declaration": "enterprise_name",
            "mi_tier_holder": "enterprise_name",
            "mi_tech_register": "enterprise_name",
            "mi_arrears": "creditor_name"
          },
          "tickets": {
            "as": "name",
            "of": [
              "tx_taxpayer",
              "hr_insurance",
              "mi_above_scale"
            ]
          }
        },
        "uscc": {
          "unregistered": {
            "by": "agreement"
          },
          "reads": "code",
          "claims": {
            "ms_registration": "uscc",
            "tx_taxpayer": "taxpayer_id",
            "mi_above_scale": "uscc",
            "hr_insurance": "uscc",
            "hr_talent": "uscc",
            "hr_stability_subsidy": "uscc",
            "ms_annual_report": "uscc",
            "ms_irregularity": "uscc",
            "ms_ip_right": "owner_uscc",
            "fn_loan": "borrower_uscc",
            "fn_guarantee": "uscc",
            "fn_subsidy": "uscc",
            "fn_equity": "uscc",
            "fn_listing": "uscc",
            "mi_declaration": "uscc",
            "mi_tier_holder": "uscc",
            "mi_tech_register": "uscc",
            "mi_arrears": "creditor_uscc"
          },
          "tickets": {
            "as": "code",
            "of": [
              "tx_taxpayer",
              "hr_insurance"
            ]
          }
        },
        "org_code": {
          "unregistered": {
            "by": "agreement"
          },
          "reads": "org_code",
          "claims": {
            "ms_registration": "uscc",
            "tx_taxpayer": "taxpayer_id",
            "mi_above_scale": "uscc",
            "hr_insurance": "uscc",
            "hr_talent": "uscc",
            "hr_stability_subsidy": "uscc",
            "ms_annual_report": "uscc",
            "ms_irregularity": "uscc",
            "ms_ip_right": "owner_uscc",
            "fn_loan": "borrower_uscc",
            "fn_guarantee": "uscc",
            "fn_subsidy": "uscc",
            "fn_equity": "uscc",
            "fn_listing": "uscc",
            "mi_declaration": "uscc",
            "mi_tier_holder": "uscc",
            "mi_tech_register": "uscc",
            "mi_arrears": "creditor_uscc"
          },
          "tickets": none
        },
        "entity_category": {
          "unregistered": {
            "by": "none"
          },
          "reads": "text",
          "claims": {
            "ms_registration": "entity_category"
          },
          "tickets": none
        },
        "reg_type_code": {
          "unregistered": {
            "by": "none"
          },
          "reads": "text",
          "claims": {
            "ms_registration": "reg_type_code"
          },
          "tickets": none
        },
        "holding_type": {
          "unregistered": {
            "by": "none"
          },
          "reads": "text",
          "claims": {
            "ms_registration": "holding_type"
          },
          "tickets": none
        },
        "status": {
          "unregistered": {
            "by": "given",
            "value": "未登记"
          },
          "reads": "text",
          "claims": {
            "ms_registration": "reg_status"
          },
          "tickets": none
        },
        "established_on": {
          "unregistered": {
            "by": "none"
          },
          "reads": "date",
          "claims": {
            "ms_registration": "established_on"
          },
          "tickets": none
        },
        "district_code": {
          "unregistered": {
            "by": "given",
            "value": "370299"
          },
          "reads": "district",
          "claims": {
            "ms_registration": "district_code",
            "mi_above_scale": "district_code"
          },
          "tickets": {
            "as": "district",
            "of": [
              "mi_above_scale"
            ]
          }
        },
        "industry_code": {
          "unregistered": {
            "by": "none"
          },
          "reads": "text",
          "claims": {
            "ms_registration": "industry_code",
            "tx_taxpayer": "industry_code",
            "mi_above_scale": "industry_code"
          },
          "tickets": {
            "as": "industry",
            "of": [
              "tx_taxpayer",
              "mi_above_scale"
            ]
          }
        },
        "registered_capital_amount": {
          "unregistered": {
            "by": "none"
          },
          "reads": "money",
          "claims": {
            "ms_registration": "registered_capital_yuan"
          },
          "tickets": none
        },
        "currency": {
          "unregistered": {
            "by": "none"
          },
          "reads": "text",
          "claims": {
            "ms_registration": "currency"
          },
          "tickets": none
        },
        "zone_code": {
          "unregistered": {
            "by": "none"
          },
          "reads": "text",
          "claims": {
            "ms_registration": "zone_code"
          },
          "tickets": none
        },
        "address": {
          "unregistered": {
            "by": "rank",
            "rank": [
              "tx_taxpayer"
            ]
          },
          "reads": "text",
          "claims": {
            "ms_registration": "address",
            "tx_taxpayer": "address"
          },
          "tickets": none
        }
      },
      "derived": {
        "is_private": [
          "entity_category",
          "holding_type",
          "reg_type_code"
        ],
        "registered_capital_yuan": [
          "registered_capital_amount",
          "currency"
        ],
        "industry_section": [
          "industry_code"
        ],
        "is_branch": [
          "name",
          "entity_category"
        ],
        "district_name": [
          "district_code"
        ],
        "closed_on": [
          "status"
        ]
      }
    }) }}
{%- endmacro %}
