#!lua
-- Sliding windows: rate-window.ts, number for number, as one step for all replicas.
--
-- KEYS     one hash for each counter: `newest`, the number of its newest bucket; `used`, the sum of the live ones; and by
--          bucket number modulo 61 what was counted in it. Buckets that are too old are let go by the next write.
-- ARGV[1]  'reserve' or 'correct'
-- ARGV[2]  milliseconds since the epoch, or '' for this server's clock, by which replicas agree whatever theirs say
-- ARGV     for each counter then, for
--            reserve  windowMs, amount, max           all are taken, or none is and nothing is written
--            correct  windowMs, difference, takenAtMs as 'reserve' answered it; nothing where the window has passed
-- Answers  the index in KEYS of a counter that is full or 0, milliseconds until it has room or -1 where it never has, then
--          for each counter what is used now and when an amount that is reserved now was counted
local bucketsPerWindow, liveBuckets, exactMax = 60, 61, 9007199254740991
local what, nowMs = ARGV[1], tonumber(ARGV[2])
if not nowMs then
  local time = redis.call('TIME')
  nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
end

local function sum(amounts)
  local total = 0
  for i = 1, #amounts do total = total + (tonumber(amounts[i]) or 0) end
  return total
end

local function places(first, last)
  local all = {}
  for bucket = first, last do all[#all + 1] = bucket % liveBuckets end
  return all
end

-- A counter as it is now, to add to what was counted at `atMs`, nil for now. `written` is its newest bucket as it stands in
-- the hash, nil where that has nothing alive; `gone` are the places of buckets that died since; `amount` is what is in the
-- bucket that is added to.
local function read(key, windowMs, atMs)
  local counter = {key = key, bucketMs = windowMs / bucketsPerWindow, used = 0, gone = {}, amount = 0}
  local current = math.floor(nowMs / counter.bucketMs)
  counter.bucket = math.floor((atMs or nowMs) / counter.bucketMs)
  local found = redis.call('HMGET', key, 'newest', 'used', counter.bucket % liveBuckets)
  local written = tonumber(found[1])
  if not written or current - written >= liveBuckets then
    counter.newest = current
    return counter
  end
  if not atMs and written > current then
    -- This clock went back.
    counter.bucket = written
    found[3] = redis.call('HGET', key, written % liveBuckets)
  end
  if counter.bucket <= written then counter.amount = tonumber(found[3]) or 0 end
  counter.written, counter.newest = written, math.max(written, current)
  counter.used = tonumber(found[2])
  local isExact = counter.used <= exactMax
  if counter.newest > written then
    counter.gone = places(written + 1, counter.newest)
    counter.used = counter.used - sum(redis.call('HMGET', key, unpack(counter.gone)))
  end
  if not isExact then
    local alive = places(counter.newest - liveBuckets + 1, written)
    counter.used = sum(redis.call('HMGET', key, unpack(alive)))
  end
  return counter
end

local function add(counter, difference)
  local key, before = counter.key, counter.amount
  if not counter.written then
    redis.call('DEL', key)
  elseif #counter.gone > 0 then
    redis.call('HDEL', key, unpack(counter.gone))
  end
  local after = math.min(math.max(before + difference, 0), exactMax)
  counter.used = counter.used + after - before
  redis.call('HSET', key, 'newest', counter.newest, 'used', counter.used,
    counter.bucket % liveBuckets, after)
  if counter.newest ~= counter.written then
    -- A minute longer than the newest bucket lives, so that nothing is forgotten that still counts.
    redis.call('PEXPIRE', key, (liveBuckets + 1) * counter.bucketMs + 60000)
  end
end

local function roomAtMs(counter, usedMax)
  local amounts = redis.call('HMGET', counter.key, unpack(places(0, liveBuckets - 1)))
  local left = counter.used
  for bucket = counter.newest - liveBuckets + 1, counter.newest - 1 do
    if bucket >= 0 and bucket <= counter.written then
      left = left - (tonumber(amounts[bucket % liveBuckets + 1]) or 0)
    end
    if left <= usedMax then return (bucket + liveBuckets) * counter.bucketMs end
  end
  return (counter.newest + liveBuckets) * counter.bucketMs
end

local counters, full, retryAfterMs = {}, 0, -1
for i, key in ipairs(KEYS) do
  local at = 3 * i
  local counter = read(key, tonumber(ARGV[at]), what == 'correct' and tonumber(ARGV[at + 2]))
  counters[i] = counter
  if what == 'reserve' and full == 0 then
    local amount, max = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    if amount > max then
      full = i
    elseif counter.used + amount > max then
      full, retryAfterMs = i, roomAtMs(counter, max - amount) - nowMs
    end
  end
end

local answer = {full, retryAfterMs}
for i, counter in ipairs(counters) do
  local bucket, newest = counter.bucket, counter.newest
  local isAlive = bucket > newest - liveBuckets and bucket <= (counter.written or -1)
  if full == 0 and (what == 'reserve' or isAlive) then add(counter, tonumber(ARGV[3 * i + 1])) end
  answer[#answer + 1] = counter.used
  answer[#answer + 1] = math.max(nowMs, newest * counter.bucketMs)
end
return answer
