#!lua
-- Forgets transcripts, whether they are still there or not.
--
-- KEYS[1]  sum of the bytes that are kept
-- KEYS[2]  hash: bytes of each that is kept, by its number
-- KEYS[3]  sorted set: numbers by when they are past their time
-- KEYS[4]  sorted set: numbers by themselves
-- KEYS[5…] where each transcript is
-- ARGV     their numbers
for at = 1, #ARGV do
  local bytes = redis.call('HGET', KEYS[2], ARGV[at])
  if bytes then
    redis.call('DECRBY', KEYS[1], bytes)
    redis.call('HDEL', KEYS[2], ARGV[at])
    redis.call('ZREM', KEYS[3], ARGV[at])
    redis.call('ZREM', KEYS[4], ARGV[at])
  end
  redis.call('DEL', KEYS[4 + at])
end
