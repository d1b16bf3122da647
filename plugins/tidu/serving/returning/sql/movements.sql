select m.period, m.opening, m.entered, m.moved_in, m.departed, m.left_city, m.moved_out, m.closing
from publish.stock_movement as m
where m.release_id = %(release_id)s
order by m.period
