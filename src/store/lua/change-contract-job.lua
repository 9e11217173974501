-- Adds a job of a contract, or puts it in the place of the one that has the revision named. What is looked at often stands beside
-- the texts: revisions, states, the order of discovery, and when each open one is due.
-- KEYS: texts, revisions, states, order, due, ended
-- ARGV: id, revision that must be there ('' for none), text, revision, state, found at ms, due at ms ('' of an ended one),
--       ended at ms ('' of an open one), forget what ended before ('' forgets nothing)
local found = redis.call('HGET', KEYS[2], ARGV[1])
if (found or '') ~= ARGV[2] then return 0 end
if ARGV[9] ~= '' then
  local old = redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', ARGV[9], 'LIMIT', 0, 100)
  for _, id in ipairs(old) do
    redis.call('HDEL', KEYS[1], id)
    redis.call('HDEL', KEYS[2], id)
    redis.call('HDEL', KEYS[3], id)
    redis.call('ZREM', KEYS[4], id)
    redis.call('ZREM', KEYS[6], id)
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[4])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[5])
redis.call('ZADD', KEYS[4], ARGV[6], ARGV[1])
if ARGV[7] ~= '' then
  redis.call('ZADD', KEYS[5], ARGV[7], ARGV[1])
  redis.call('ZREM', KEYS[6], ARGV[1])
else
  redis.call('ZREM', KEYS[5], ARGV[1])
  redis.call('ZADD', KEYS[6], ARGV[8], ARGV[1])
end
return 1
