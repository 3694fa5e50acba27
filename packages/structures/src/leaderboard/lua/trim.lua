-- Takes the last ones off the board.
-- ARGV[4] how many may stay   ARGV[5] how many may go at once
-- Replies how many went
return trim(tonumber(ARGV[4]), tonumber(ARGV[5]))
