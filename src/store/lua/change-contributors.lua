#!lua
-- Changes the book of contributors if it still is the one that the writer read.
--
-- KEYS     1 the book's version, 2 its rows
-- ARGV[1]  the version that was read; then, to the end, name of a row and its text, empty to remove it
-- Answers  1, or 0 where another change was faster: then nothing was changed
local version = redis.call('GET', KEYS[1]) or '0'
if version ~= ARGV[1] then return 0 end
for at = 2, #ARGV, 2 do
  if ARGV[at + 1] == '' then
    redis.call('HDEL', KEYS[2], ARGV[at])
  else
    redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
  end
end
redis.call('INCR', KEYS[1])
return 1
