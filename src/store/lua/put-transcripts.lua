#!lua
-- Keeps transcripts while they fit.
--
-- KEYS[1]  sum of the bytes that are kept
-- KEYS[2]  hash: bytes of each that is kept, by its number
-- KEYS[3]  sorted set: numbers by when they are past their time
-- KEYS[4]  sorted set: numbers by themselves
-- KEYS[5…] where each transcript goes
-- ARGV[1]  bytes that may be kept in all
-- ARGV[2]  now, Unix milliseconds
-- ARGV[3…] of each transcript its number, when it is past its time (Unix milliseconds), and its bytes
-- Answers  how many are kept now
local free = tonumber(ARGV[1]) - tonumber(redis.call('GET', KEYS[1]) or '0')
local kept = 0
for at = 3, #ARGV, 3 do
  local number, expires, sealed = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if #sealed <= free then
    kept = kept + 1
    if redis.call('HSETNX', KEYS[2], number, #sealed) == 1 then
      free = free - #sealed
      redis.call('INCRBY', KEYS[1], #sealed)
      redis.call('ZADD', KEYS[3], expires, number)
      redis.call('ZADD', KEYS[4], number, number)
      local lifeMs = math.max(1, tonumber(expires) - tonumber(ARGV[2]))
      redis.call('SET', KEYS[4 + (at / 3)], sealed, 'PX', string.format('%.0f', lifeMs))
    end
  end
end
return kept
