"""What clerks hold in their hands: a page per enterprise, a workbook per district, rankings. All in Chinese.

Reports only read: what the last assessment left in mart stands in them, worked out nowhere else.
"""
