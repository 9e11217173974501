#!lua
-- Forgets a replica that is gone and left nothing open. One step, because one that only slept may be taking a hold now.
--
-- KEYS  hash of replicas, lease of the replica, hash of its open holds; ARGV[1] the replica
if redis.call('EXISTS', KEYS[2], KEYS[3]) == 0 then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0
