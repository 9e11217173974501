#!lua
-- Puts texts if others still are what the writer read.
--
-- KEYS     hashes
-- ARGV[1]  number n of conditions; then n times index in KEYS, field, and the text expected there, empty for no such
--          field; then, to the end, index in KEYS, field, and the text to put
-- Answers  1, or 0 where a condition does not hold: then nothing was put
local firstPut = 2 + 3 * tonumber(ARGV[1])
for at = 2, firstPut - 1, 3 do
  local found = redis.call('HGET', KEYS[tonumber(ARGV[at])], ARGV[at + 1]) or ''
  if found ~= ARGV[at + 2] then return 0 end
end
for at = firstPut, #ARGV, 3 do
  redis.call('HSET', KEYS[tonumber(ARGV[at])], ARGV[at + 1], ARGV[at + 2])
end
return 1
