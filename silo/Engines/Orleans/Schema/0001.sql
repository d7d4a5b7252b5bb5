-- What the ADO.NET providers of Orleans need of PostgreSQL. They find their statements in OrleansQuery by key; a statement must take the parameters and give the columns that the providers name, and
-- all else (tables, names, how it is done) is ours. All of it lives in one schema of its own, beside the store's.

CREATE TABLE OrleansQuery (
    QueryKey text PRIMARY KEY,
    QueryText text NOT NULL);

-- Membership. Every change of it raises the version of the whole cluster, and is refused if somebody else has raised it meanwhile.
CREATE TABLE cluster_version (
    deployment text COLLATE "C" PRIMARY KEY,
    version int NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp());

CREATE TABLE cluster_silo (
    deployment text COLLATE "C" NOT NULL REFERENCES cluster_version,
    address text COLLATE "C" NOT NULL,
    port int NOT NULL,
    generation int NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    status int NOT NULL,
    gateway int,
    suspected text,
    started_at timestamptz NOT NULL,
    alive_at timestamptz NOT NULL,
    PRIMARY KEY (deployment, address, port, generation))
    WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

INSERT INTO OrleansQuery VALUES
('InsertMembershipVersionKey', $$
    WITH made AS (INSERT INTO cluster_version(deployment) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT count(*)::int FROM made $$),
('InsertMembershipKey', $$
    WITH raised AS (
        UPDATE cluster_version SET version = version + 1, changed_at = clock_timestamp()
        WHERE deployment = @DeploymentId AND version = @Version AND NOT EXISTS (
            SELECT FROM cluster_silo s WHERE s.deployment = @DeploymentId AND s.address = @Address AND s.port = @Port AND s.generation = @Generation)
        RETURNING deployment),
    entered AS (
        INSERT INTO cluster_silo(deployment, address, port, generation, name, host, status, gateway, started_at, alive_at)
        SELECT deployment, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM raised
        RETURNING 1)
    SELECT count(*)::int FROM entered $$),
('UpdateMembershipKey', $$
    WITH raised AS (
        UPDATE cluster_version SET version = version + 1, changed_at = clock_timestamp()
        WHERE deployment = @DeploymentId AND version = @Version AND EXISTS (
            SELECT FROM cluster_silo s WHERE s.deployment = @DeploymentId AND s.address = @Address AND s.port = @Port AND s.generation = @Generation)
        RETURNING deployment),
    changed AS (
        UPDATE cluster_silo s SET status = @Status, suspected = @SuspectTimes, alive_at = @IAmAliveTime FROM raised
        WHERE s.deployment = raised.deployment AND s.address = @Address AND s.port = @Port AND s.generation = @Generation
        RETURNING 1)
    SELECT count(*)::int FROM changed $$),
('UpdateIAmAlivetimeKey', $$
    UPDATE cluster_silo SET alive_at = @IAmAliveTime
    WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation $$),
('MembershipReadRowKey', $$
    SELECT v.deployment AS DeploymentId, s.address AS Address, s.port AS Port, s.generation AS Generation, s.name AS SiloName, s.host AS HostName, s.status AS Status,
        s.gateway AS ProxyPort, s.suspected AS SuspectTimes, s.started_at AS StartTime, s.alive_at AS IAmAliveTime, v.version AS Version
    FROM cluster_version v LEFT JOIN cluster_silo s ON s.deployment = v.deployment AND s.address = @Address AND s.port = @Port AND s.generation = @Generation
    WHERE v.deployment = @DeploymentId $$),
('MembershipReadAllKey', $$
    SELECT v.deployment AS DeploymentId, s.address AS Address, s.port AS Port, s.generation AS Generation, s.name AS SiloName, s.host AS HostName, s.status AS Status,
        s.gateway AS ProxyPort, s.suspected AS SuspectTimes, s.started_at AS StartTime, s.alive_at AS IAmAliveTime, v.version AS Version
    FROM cluster_version v LEFT JOIN cluster_silo s ON s.deployment = v.deployment
    WHERE v.deployment = @DeploymentId $$),
('DeleteMembershipTableEntriesKey', $$
    DELETE FROM cluster_silo WHERE deployment = @DeploymentId;
    DELETE FROM cluster_version WHERE deployment = @DeploymentId $$),
-- Status 3 is Active: whoever should be there is not swept away, however long it was silent.
('CleanupDefunctSiloEntriesKey', $$
    DELETE FROM cluster_silo WHERE deployment = @DeploymentId AND alive_at < @IAmAliveTime AND status <> 3 $$),
('GatewaysQueryKey', $$
    SELECT address AS Address, gateway AS ProxyPort, generation AS Generation FROM cluster_silo
    WHERE deployment = @DeploymentId AND status = @Status AND gateway > 0 $$);

-- States of grains: who subscribes to which stream, and which feeds of actions run.
CREATE TABLE grain_state (
    service text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    type_hash int NOT NULL,
    id_hash int NOT NULL,
    id_n0 bigint NOT NULL,
    id_n1 bigint NOT NULL,
    id_text text COLLATE "C" NOT NULL,
    version int NOT NULL,
    payload bytea,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (id_hash, type_hash, id_n0, id_n1, id_text, type, service));

INSERT INTO OrleansQuery VALUES
-- Answers the version that is there now: one that has not changed tells the caller that somebody else was faster.
('WriteToStorageKey', $$
    WITH changed AS (
        UPDATE grain_state SET payload = @PayloadBinary, version = version + 1, changed_at = clock_timestamp()
        WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND id_n0 = @GrainIdN0 AND id_n1 = @GrainIdN1 AND id_text = coalesce(@GrainIdExtensionString::text, '')
            AND type = @GrainTypeString AND service = @ServiceId AND version = @GrainStateVersion::int
        RETURNING version),
    made AS (
        INSERT INTO grain_state(service, type, type_hash, id_hash, id_n0, id_n1, id_text, version, payload)
        SELECT @ServiceId, @GrainTypeString, @GrainTypeHash, @GrainIdHash, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString::text, ''), 1, @PayloadBinary
        WHERE @GrainStateVersion::int IS NULL
        ON CONFLICT DO NOTHING
        RETURNING version)
    SELECT coalesce((SELECT version FROM changed), (SELECT version FROM made), @GrainStateVersion::int) AS NewGrainStateVersion $$),
('ReadFromStorageKey', $$
    SELECT payload AS PayloadBinary, version AS Version FROM grain_state
    WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND id_n0 = @GrainIdN0 AND id_n1 = @GrainIdN1 AND id_text = coalesce(@GrainIdExtensionString::text, '')
        AND type = @GrainTypeString AND service = @ServiceId $$),
('ClearStorageKey', $$
    UPDATE grain_state SET payload = NULL, version = version + 1, changed_at = clock_timestamp()
    WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND id_n0 = @GrainIdN0 AND id_n1 = @GrainIdN1 AND id_text = coalesce(@GrainIdExtensionString::text, '')
        AND type = @GrainTypeString AND service = @ServiceId AND version = @GrainStateVersion::int
    RETURNING version AS NewGrainStateVersion $$),
('DeleteStorageKey', $$
    DELETE FROM grain_state
    WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND id_n0 = @GrainIdN0 AND id_n1 = @GrainIdN1 AND id_text = coalesce(@GrainIdExtensionString::text, '')
        AND type = @GrainTypeString AND service = @ServiceId AND version = @GrainStateVersion::int
    RETURNING version + 1 AS NewGrainStateVersion $$);

-- Reminders: what brings a feed of actions up again after its silo is gone.
CREATE TABLE reminder (
    service text COLLATE "C" NOT NULL,
    grain text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    hash int NOT NULL,
    version int NOT NULL DEFAULT 0,
    period bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    PRIMARY KEY (service, grain, name));
CREATE INDEX reminder_hash ON reminder (service, hash);

INSERT INTO OrleansQuery VALUES
('UpsertReminderRowKey', $$
    INSERT INTO reminder(service, grain, name, hash, period, starts_at) VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @Period, @StartTime)
    ON CONFLICT (service, grain, name) DO UPDATE
    SET hash = excluded.hash, period = excluded.period, starts_at = excluded.starts_at, version = reminder.version + 1
    RETURNING version AS Version $$),
('ReadReminderRowsKey', $$
    SELECT grain AS GrainId, name AS ReminderName, starts_at AS StartTime, period AS Period, version AS Version FROM reminder
    WHERE service = @ServiceId AND grain = @GrainId $$),
('ReadReminderRowKey', $$
    SELECT grain AS GrainId, name AS ReminderName, starts_at AS StartTime, period AS Period, version AS Version FROM reminder
    WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName $$),
('ReadRangeRows1Key', $$
    SELECT grain AS GrainId, name AS ReminderName, starts_at AS StartTime, period AS Period, version AS Version FROM reminder
    WHERE service = @ServiceId AND hash > @BeginHash AND hash <= @EndHash $$),
-- The range that goes over the end of the ring.
('ReadRangeRows2Key', $$
    SELECT grain AS GrainId, name AS ReminderName, starts_at AS StartTime, period AS Period, version AS Version FROM reminder
    WHERE service = @ServiceId AND (hash > @BeginHash OR hash <= @EndHash) $$),
('DeleteReminderRowKey', $$
    WITH gone AS (DELETE FROM reminder WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version RETURNING 1)
    SELECT count(*)::int FROM gone $$),
('DeleteReminderRowsKey', $$
    DELETE FROM reminder WHERE service = @ServiceId $$);
