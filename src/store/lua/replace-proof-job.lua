-- Puts a job in the place of an open one that has the expected attempt and one of the expected states.
-- KEYS: texts of open jobs, marks of open jobs ("owner attempt state"), text of the job once it has ended
-- ARGV: id, expected attempt, expected states between commas, mark, text, retention in milliseconds of an ended job or "open"
local mark = redis.call('HGET', KEYS[2], ARGV[1])
if not mark then return 0 end
local attempt, state = string.match(mark, '^%S+ (%d+) (%a+)$')
if attempt ~= ARGV[2] then return 0 end
if not string.find(ARGV[3], ',' .. state .. ',', 1, true) then return 0 end
if ARGV[6] == 'open' then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[5])
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[4])
else
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
  redis.call('SET', KEYS[3], ARGV[5], 'PX', ARGV[6])
end
return 1
