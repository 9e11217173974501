-- Writes a text where the revision that is stored with it is the one named, '0' where there is none, and counts it up.
-- KEYS: texts, revisions
-- ARGV: name, revision, text
local found = redis.call('HGET', KEYS[2], ARGV[1]) or '0'
if found ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
return 1
