-- The tables of a store. All of them live in one schema; names are looked up along the search path.
-- Once released, a migration is never edited: a change is the next file.

CREATE TABLE store (
    id int PRIMARY KEY CHECK (id = 1),
    partitions int NOT NULL CHECK (partitions BETWEEN 1 AND 4096),
    incarnation bigint NOT NULL,
    level int NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp());

-- One row a partition, updated by every commit, hence pages that are mostly free: each new version stays on its page (HOT) and is pruned there.
-- segment: the day that frames go to now, and the first sequence that went there. Neither it nor the sequence ever goes back: see decisions/0002.
-- backend: the session that appends for the owner, so that a successor which finds the row locked can end it.
CREATE TABLE fence (
    partition int PRIMARY KEY,
    segment int NOT NULL DEFAULT -1,
    epoch bigint NOT NULL DEFAULT 0,
    next_sequence bigint NOT NULL DEFAULT 1,
    segment_from bigint NOT NULL DEFAULT 1,
    backend_start timestamptz,
    backend int,
    owner text NOT NULL DEFAULT '',
    CHECK (next_sequence >= segment_from))
    WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,
          autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000);

-- Apart from the fence: watermarks may be kilobytes, and would be copied by every commit.
CREATE TABLE checkpoint (
    partition int PRIMARY KEY,
    crc int NOT NULL,
    sequence bigint NOT NULL DEFAULT 0,
    watermarks bytea NOT NULL DEFAULT '')
    WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Frames, a table for each day of their instants. Within a day the key is a wall against a sequence twice; between days the fence's CHECK is.
CREATE TABLE journal (
    sequence bigint NOT NULL,
    epoch bigint NOT NULL,
    at bigint NOT NULL,
    partition int NOT NULL,
    segment int NOT NULL,
    crc int NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (partition, sequence, segment))
    PARTITION BY RANGE (segment);
-- Bodies come compressed if that is worth it; the server shall not try again.
ALTER TABLE journal ALTER COLUMN body SET STORAGE EXTERNAL;

-- Where the frames of a partition begin in each segment: which tables a read must look into, and what may be dropped.
CREATE TABLE segment_start (
    partition int NOT NULL,
    segment int NOT NULL,
    first_sequence bigint NOT NULL,
    PRIMARY KEY (partition, segment),
    UNIQUE (partition, first_sequence));

CREATE TABLE snapshot (
    partition int NOT NULL,
    crc int NOT NULL,
    sequence bigint NOT NULL,
    wake bigint NOT NULL,
    flagged boolean NOT NULL,
    grain text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (partition, grain))
    WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE snapshot ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX snapshot_wake ON snapshot (partition, wake, grain) WHERE wake <> 0;
CREATE INDEX snapshot_flagged ON snapshot (partition, grain) WHERE flagged;

CREATE TABLE setting (
    name text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL);

-- Silos that are there, or were. Their leases are compared with this server's clock only.
CREATE TABLE silo (
    name text COLLATE "C" PRIMARY KEY,
    address text NOT NULL,
    zone text NOT NULL,
    level int NOT NULL,
    marks int NOT NULL DEFAULT 0,
    leaving boolean NOT NULL,
    lease_until timestamptz NOT NULL)
    WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

-- Gives up a segment: checks, under the locks of all partitions that could still write to it, that each has a checkpoint beyond its last frame there, then
-- moves their fences to the next one. A function, because its statements see what was committed while the first one waited; one statement would not.
-- Returns how many frames that were, or null if a partition still needs some of them.
CREATE FUNCTION give_up_segment(given int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    frames bigint;
BEGIN
    PERFORM 1 FROM fence WHERE segment <= given ORDER BY partition FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT 1 FROM segment_start s JOIN fence f ON f.partition = s.partition JOIN checkpoint c ON c.partition = s.partition
        WHERE s.segment = given AND c.sequence < -1 + coalesce(
            (SELECT min(n.first_sequence) FROM segment_start n WHERE n.partition = s.partition AND n.segment > given), f.next_sequence)) THEN
        RETURN NULL;
    END IF;
    -- Frames of these partitions on older days, kept because another partition needs that day, go with this one, or a hole would be left.
    SELECT coalesce(sum(ended.upto - ended.since), 0) INTO frames FROM (
        SELECT (SELECT min(o.first_sequence) FROM segment_start o WHERE o.partition = s.partition AND o.segment <= given) AS since,
               coalesce((SELECT min(n.first_sequence) FROM segment_start n WHERE n.partition = s.partition AND n.segment > given), f.next_sequence) AS upto
        FROM segment_start s JOIN fence f ON f.partition = s.partition WHERE s.segment = given) ended;
    DELETE FROM segment_start o WHERE o.segment <= given
        AND EXISTS (SELECT 1 FROM segment_start s WHERE s.partition = o.partition AND s.segment = given);
    UPDATE fence SET segment = given + 1, segment_from = next_sequence WHERE segment <= given;
    RETURN frames;
END $$;
