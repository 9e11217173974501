#!lua
-- How many of all replicas are inside. A replica has said how many of its own are, and since then who entered and left;
-- what it says holds under the number of that statement, so that a question that was lost and comes late changes nothing.
--
-- KEYS[1]  hash: counter -> how many are inside, of all replicas
-- KEYS[2]  hash: counter -> how many of them are of this replica
-- KEYS[3]  hash: replica -> number of its newest statement
-- KEYS[4]  the lease of the replica
-- ARGV     what, replica, number of the statement, then for
--            state   n times counter and how many of its own are inside: takes the place of all that it said before
--            enter   n times counter and how many may be inside at once: a place at each, or at none
--            leave   n counters
--            forget  nothing: all its places are given back if its lease ran out
-- Answers  0 done · -1 nothing was done: the replica is not known under this statement, or enters without a lease, or is
--          to be forgotten and has one · the index of a full counter
local inside, own, statements, lease = unpack(KEYS)
local what, replica, number = ARGV[1], ARGV[2], tonumber(ARGV[3])

local function move(counter, places)
  if redis.call('HINCRBY', inside, counter, places) <= 0 then redis.call('HDEL', inside, counter) end
  if redis.call('HINCRBY', own, counter, places) <= 0 then redis.call('HDEL', own, counter) end
end

local function giveAllBack()
  local all = redis.call('HGETALL', own)
  for i = 1, #all, 2 do move(all[i], -tonumber(all[i + 1])) end
end

if what == 'forget' then
  if redis.call('EXISTS', lease) == 1 then return -1 end
  giveAllBack()
  redis.call('HDEL', statements, replica)
  return 0
end

local newest = tonumber(redis.call('HGET', statements, replica) or '0')
if what == 'state' then
  if number <= newest then return -1 end
  giveAllBack()
  for i = 4, #ARGV, 2 do move(ARGV[i], tonumber(ARGV[i + 1])) end
  redis.call('HSET', statements, replica, number)
  return 0
end

if number ~= newest then return -1 end
if what == 'enter' then
  if redis.call('EXISTS', lease) == 0 then return -1 end
  for i = 4, #ARGV, 2 do
    local taken = tonumber(redis.call('HGET', inside, ARGV[i]) or '0')
    if taken >= tonumber(ARGV[i + 1]) then return (i - 2) / 2 end
  end
  for i = 4, #ARGV, 2 do move(ARGV[i], 1) end
else
  for i = 4, #ARGV do
    if redis.call('HEXISTS', own, ARGV[i]) == 1 then move(ARGV[i], -1) end
  end
end
return 0
