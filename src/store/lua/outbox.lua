#!lua
-- Puts an intent, or replaces one whose revision is still the one that the caller saw and whose nonce nobody else holds.
-- Answers 1 when it was done and 0 when nothing was changed.
--
-- KEYS  1 bodies, 2 revisions, 3 numbers of arrival (all by intent id), 4 counter of arrivals, 5 all intents in order,
--       6 open intents of the lane in order, 7 who holds which nonce of the lane, 8 which nonce each intent holds
-- ARGV  1 'put' or 'update', 2 intent id, 3 body, 4 revision, 5 '1' while open, 6 held nonce or ''
local bodies, revisions, arrivals, counter, order, open, holders, held = unpack(KEYS)
local what, id, body, revision, isOpen, nonce = unpack(ARGV)

if what == 'put' then
  if redis.call('HEXISTS', bodies, id) == 1 then return 0 end
elseif redis.call('HGET', revisions, id) ~= revision then
  return 0
end
if nonce ~= '' then
  local holder = redis.call('HGET', holders, nonce)
  if holder and holder ~= id then return 0 end
end

if what == 'put' then
  local arrival = redis.call('INCR', counter)
  redis.call('HSET', arrivals, id, arrival)
  redis.call('ZADD', order, arrival, id)
else
  revision = tostring(tonumber(revision) + 1)
end
local before = redis.call('HGET', held, id)
if before and before ~= nonce then redis.call('HDEL', holders, before) end
if nonce == '' then
  redis.call('HDEL', held, id)
else
  redis.call('HSET', holders, nonce, id)
  redis.call('HSET', held, id, nonce)
end
redis.call('HSET', bodies, id, body)
redis.call('HSET', revisions, id, revision)
if isOpen == '1' then
  redis.call('ZADD', open, redis.call('HGET', arrivals, id), id)
else
  redis.call('ZREM', open, id)
end
return 1
