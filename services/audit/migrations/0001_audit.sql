-- The hash chain. Rows enter by append() alone and never change: the service's role holds no right to update, delete or
-- truncate, and triggers stop the owner as well.

CREATE TABLE event (
    seq           bigint PRIMARY KEY CHECK (seq > 0),
    id            uuid NOT NULL UNIQUE,
    at            timestamptz NOT NULL,
    service       text NOT NULL,
    actor_kind    text NOT NULL,
    actor_id      text NOT NULL,
    actor_name    text NOT NULL,
    action        text NOT NULL,
    resource_kind text NOT NULL,
    resource_id   text NOT NULL,
    resource_name text NOT NULL,
    ip            text NOT NULL,
    request_id    text NOT NULL,
    details       text NOT NULL,
    hash          bytea NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE INDEX event_by_action ON event (action text_pattern_ops, seq);
CREATE INDEX event_by_actor ON event (actor_id, seq);
CREATE INDEX event_by_resource ON event (resource_id, seq);
CREATE INDEX event_by_time ON event (at, seq);

CREATE TABLE checkpoint (
    seq       bigint PRIMARY KEY CHECK (seq > 0),
    at        timestamptz NOT NULL,
    hash      bytea NOT NULL CHECK (octet_length(hash) = 32),
    key_id    text NOT NULL,
    signature bytea NOT NULL
);

-- Netstrings (length in bytes, colon, text, comma) leave no doubt where a field ends. services/audit/chain.py computes the same.
CREATE FUNCTION canonical(fields text[]) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT convert_to(string_agg(octet_length(convert_to(field, 'UTF8')) || ':' || field || ',', '' ORDER BY place), 'UTF8')
      FROM unnest(fields) WITH ORDINALITY AS part (field, place)
$$;

CREATE FUNCTION link_hash(previous bytea, row_ event) RETURNS bytea
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT sha256(previous || canonical(ARRAY[
        row_.seq::text, row_.id::text, (extract(epoch FROM row_.at) * 1000000)::bigint::text, row_.service,
        row_.actor_kind, row_.actor_id, row_.actor_name, row_.action, row_.resource_kind, row_.resource_id,
        row_.resource_name, row_.ip, row_.request_id, row_.details]))
$$;

CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION require_link() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    head event;
BEGIN
    SELECT * INTO head FROM event ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> coalesce(head.seq, 0) + 1 OR NEW.hash <> link_hash(coalesce(head.hash, ''::bytea), NEW) THEN
        RAISE EXCEPTION 'row % does not continue the chain', NEW.seq USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER event_continues_chain BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION require_link();
CREATE TRIGGER event_never_changes BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_never_emptied BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoint_never_changes BEFORE UPDATE OR DELETE ON checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoint_never_emptied BEFORE TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Appends in the order given; an event whose id is there already changes nothing. Answers the head's sequence number.
-- One advisory lock serialises appenders until their commit, so the sequence is dense and in commit order.
CREATE FUNCTION append(events jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    head event;
    next event;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('exekra audit chain'));
    SELECT * INTO head FROM event ORDER BY seq DESC LIMIT 1;
    FOR next IN
        SELECT 0, id, at, service, actor_kind, actor_id, actor_name, action, resource_kind, resource_id, resource_name,
               ip, request_id, details, NULL::bytea
          FROM ROWS FROM (jsonb_to_recordset(events) AS (
               id uuid, at timestamptz, service text, actor_kind text, actor_id text, actor_name text, action text,
               resource_kind text, resource_id text, resource_name text, ip text, request_id text, details text))
          WITH ORDINALITY AS given (id, at, service, actor_kind, actor_id, actor_name, action, resource_kind,
               resource_id, resource_name, ip, request_id, details, place)
         ORDER BY place
    LOOP
        CONTINUE WHEN EXISTS (SELECT FROM event WHERE id = next.id);
        next.seq := coalesce(head.seq, 0) + 1;
        next.hash := link_hash(coalesce(head.hash, ''::bytea), next);
        INSERT INTO event SELECT next.*;
        head := next;
    END LOOP;
    RETURN coalesce(head.seq, 0);
END
$$;

-- The owner keeps what append() needs; where the service's role is not the owner it holds less.
REVOKE ALL ON event, checkpoint FROM PUBLIC, exekra_audit, CURRENT_USER;
REVOKE ALL ON FUNCTION append(jsonb) FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO exekra_audit;
GRANT SELECT ON event TO exekra_audit;
GRANT SELECT, INSERT ON checkpoint TO exekra_audit;
GRANT EXECUTE ON FUNCTION append(jsonb) TO exekra_audit;
GRANT SELECT, INSERT ON event TO CURRENT_USER;
