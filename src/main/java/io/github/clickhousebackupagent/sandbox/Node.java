package io.github.clickhousebackupagent.sandbox;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What outlives a restart of the server: the tables of the ClickHouse node, its local backups and
 * the remote storage. Thread-safe.
 */
final class Node {
    private static final String BACKUPS = "/var/lib/clickhouse/backup/";
    static final String CANNOT_STAT = "broken (can't stat metadata.json)";

    private final Settings settings;
    private final Clock clock;
    private final Map<String, Table> tables = new TreeMap<>();
    private final Map<String, Local> local = new LinkedHashMap<>();
    private final Map<String, Remote> remote = new LinkedHashMap<>();
    private final Map<String, Integer> completeUploads = new LinkedHashMap<>();

    /**
     * A table, or what a backup has of it. A ClickHouse table is identified by {@code
     * database.name}.
     */
    record Table(String database, String name, long rows, double bytesPerRow) {
        String id() {
            return database + "." + name;
        }

        long bytes() {
            return Math.round(rows * bytesPerRow);
        }

        Table withRows(long newRows) {
            return new Table(database, name, newRows, bytesPerRow);
        }
    }

    private record Local(
            String name,
            Instant created,
            Map<String, Table> tables,
            long metadataBytes,
            boolean complete,
            Work.UploadState upload,
            boolean downloaded) {

        Local with(Work.UploadState state) {
            return new Local(name, created, tables, metadataBytes, complete, state, downloaded);
        }

        long dataBytes() {
            return tables.values().stream().mapToLong(Table::bytes).sum();
        }
    }

    private record Remote(
            String name,
            Instant created,
            Instant uploaded,
            Map<String, Table> tables,
            String required,
            long compressedBytes,
            long metadataBytes,
            String broken,
            boolean empty) {

        static Remote broken(String name, Instant uploaded) {
            return new Remote(name, null, uploaded, Map.of(), "", 0, 0, CANNOT_STAT, false);
        }

        boolean isBroken() {
            return !broken.isEmpty();
        }

        long dataBytes() {
            return empty ? 0 : tables.values().stream().mapToLong(Table::bytes).sum();
        }
    }

    Node(Settings settings, List<Table> tables) {
        this.settings = settings;
        this.clock = settings.clock();
        tables.forEach(t -> this.tables.put(t.id(), t));
    }

    // What the tests ask.

    synchronized OptionalLong rows(String id) {
        Table table = tables.get(id);
        return table == null ? OptionalLong.empty() : OptionalLong.of(table.rows());
    }

    synchronized void insert(String id, long rows) {
        Table table = tables.get(id);
        if (table == null) {
            throw new IllegalArgumentException("there is no table " + id);
        }
        tables.put(id, table.withRows(table.rows() + rows));
    }

    synchronized List<String> tableIds() {
        return List.copyOf(tables.keySet());
    }

    synchronized int completeUploads(String name) {
        return completeUploads.getOrDefault(name, 0);
    }

    synchronized List<SimulatedBackup> localBackups() {
        return sortedLocal()
                .map(
                        b ->
                                new SimulatedBackup(
                                        b.name(),
                                        b.created(),
                                        "",
                                        b.dataBytes() + b.metadataBytes(),
                                        b.complete() ? "" : unfinished()))
                .toList();
    }

    synchronized List<SimulatedBackup> remoteBackups() {
        return sortedRemote()
                .map(
                        b ->
                                new SimulatedBackup(
                                        b.name(),
                                        b.created() == null ? Instant.EPOCH : b.created(),
                                        b.required(),
                                        size(b.dataBytes(), b.compressedBytes(), b.metadataBytes()),
                                        b.broken()))
                .toList();
    }

    synchronized void damage(String name, Damage damage) {
        Remote backup = remote.get(name);
        if (backup == null) {
            throw new IllegalArgumentException("there is no remote backup " + name);
        }
        switch (damage) {
            case ABSENT -> remote.remove(name);
            case BROKEN -> remote.put(name, Remote.broken(name, backup.uploaded()));
            case EMPTY ->
                    remote.put(
                            name,
                            new Remote(
                                    name,
                                    backup.created(),
                                    backup.uploaded(),
                                    Map.of(),
                                    backup.required(),
                                    0,
                                    0,
                                    "",
                                    true));
        }
    }

    // Lists.

    synchronized List<Map<String, Object>> listLocal() {
        return sortedLocal()
                .map(
                        b ->
                                json(
                                        b.name(),
                                        b.created(),
                                        b.complete() ? b.dataBytes() : 0,
                                        0,
                                        b.complete() ? b.metadataBytes() : 0,
                                        "local",
                                        "",
                                        b.complete() ? "regular" : unfinished()))
                .toList();
    }

    synchronized List<Map<String, Object>> listRemote() {
        return sortedRemote()
                .map(
                        b ->
                                json(
                                        b.name(),
                                        b.created(),
                                        b.dataBytes(),
                                        b.compressedBytes(),
                                        b.metadataBytes(),
                                        "remote",
                                        b.required(),
                                        // The tag "regular" is in the metadata, which a broken one
                                        // lacks.
                                        b.isBroken() ? b.broken() : "tar, regular"))
                .toList();
    }

    synchronized List<Map<String, Object>> listTables(String pattern) {
        return matching(tables, pattern).stream()
                .map(
                        t -> {
                            String path =
                                    "/var/lib/clickhouse/data/"
                                            + t.database()
                                            + "/"
                                            + t.name()
                                            + "/";
                            Map<String, Object> json = new LinkedHashMap<>();
                            json.put("Database", t.database());
                            json.put("Name", t.name());
                            json.put("Engine", "MergeTree");
                            json.put("DataPath", path);
                            json.put("DataPaths", List.of(path));
                            json.put("UUID", "");
                            json.put(
                                    "CreateTableQuery",
                                    "CREATE TABLE "
                                            + t.id()
                                            + " ( d Date,  id UInt64,  s String) ENGINE ="
                                            + " MergeTree(d, id, 8192)");
                            json.put("TotalBytes", t.bytes());
                            json.put("Skip", false);
                            json.put("BackupType", "full");
                            return json;
                        })
                .toList();
    }

    // Operations, each in two steps: what can be seen while it runs, and what can be seen
    // afterwards.

    synchronized void beginCreate(Work work) throws OperationFailed {
        List<Table> matching = matching(tables, work.tables());
        if (matching.isEmpty()) {
            throw new OperationFailed("no tables for backup");
        }
        Local existing = local.get(work.name());
        if (settings.is24() && existing != null && existing.complete()) {
            throw new OperationFailed("'" + work.name() + "' medatata.json already exists");
        }
        Map<String, Table> frozen = new TreeMap<>();
        matching.forEach(t -> frozen.put(t.id(), work.schema() ? t.withRows(0) : t));
        local.remove(work.name());
        local.put(
                work.name(),
                new Local(work.name(), clock.instant(), frozen, 0, false, null, false));
    }

    synchronized void finishCreate(String name) {
        Local begun = local.remove(name);
        local.put(
                name,
                new Local(
                        name,
                        clock.instant(),
                        begun.tables(),
                        begun.tables().size() * (settings.is24() ? 611L : 1130L),
                        true,
                        null,
                        false));
        pruneLocal(1);
    }

    synchronized void abandonCreate(String name) {
        local.remove(name);
    }

    /** Refuses an upload that cannot begin, else makes its remote directory. */
    synchronized void beginUpload(Work work) throws OperationFailed {
        String name = work.name();
        boolean is24 = settings.is24();
        if (name.equals(work.diffFrom()) || name.equals(work.diffFromRemote())) {
            throw new OperationFailed(
                    (is24 ? "" : "validateUploadParams: ")
                            + "you cannot upload diff from the same backup");
        }
        if (!work.diffFrom().isEmpty() && !work.diffFromRemote().isEmpty()) {
            throw new OperationFailed(
                    (is24 ? "" : "validateUploadParams: ")
                            + "choose setup only `--diff-from-remote` or `--diff-from`, not both");
        }
        Local source = local.get(name);
        if (source == null) {
            throw new OperationFailed(
                    "can't find local backup: backup '" + name + "' is not found");
        }
        if (!work.diffFrom().isEmpty() && !isWhole(local.get(work.diffFrom()))) {
            throw new OperationFailed(
                    (is24
                                    ? "b.getTablesForUploadDiffLocal return error: open "
                                    : "b.getTablesDiffFromLocal return error:"
                                            + " b.ReadBackupMetadataLocal: ReadBackupMetadataLocal:"
                                            + " open ")
                            + work.diffFrom()
                            + "/metadata.json: no such file or directory");
        }
        if (!work.diffFromRemote().isEmpty() && !remote.containsKey(work.diffFromRemote())) {
            throw new OperationFailed(
                    (is24 ? "b.getTablesForUploadDiffRemote" : "b.getTablesDiffFromRemote")
                            + " return error: "
                            + work.diffFromRemote()
                            + " not found on remote storage");
        }
        Work.UploadState state = source.upload();
        boolean complete = state != null && state.complete();
        local.put(
                name,
                source.with(
                        new Work.UploadState(
                                work.diffFrom(), work.diffFromRemote(), work.tables(), complete)));
        remote.computeIfAbsent(name, n -> Remote.broken(n, clock.instant()));
    }

    /** Whether a resumed upload has nothing left to send. */
    synchronized boolean isUploadComplete(String name) {
        Local source = local.get(name);
        return source != null && source.upload() != null && source.upload().complete();
    }

    synchronized void finishUpload(Work work, boolean counted) throws OperationFailed {
        Local source = local.get(work.name());
        if (source == null) {
            throw new OperationFailed(
                    "open " + BACKUPS + work.name() + "/metadata.json: no such file or directory");
        }
        Map<String, Table> base = Map.of();
        String required = "";
        if (!work.diffFrom().isEmpty()) {
            required = work.diffFrom();
            base = local.containsKey(required) ? local.get(required).tables() : Map.of();
        } else if (!work.diffFromRemote().isEmpty()) {
            Remote of = remote.get(work.diffFromRemote());
            // Of a broken base 2.4 silently makes a full backup; 2.8 sends all and names the base.
            boolean named = of != null && (!of.isBroken() || !settings.is24());
            required = named ? work.diffFromRemote() : "";
            base = of == null ? Map.of() : of.tables();
        }
        long sent = 0;
        for (Table table : source.tables().values()) {
            Table before = base.get(table.id());
            long rows = before == null ? table.rows() : Math.max(0, table.rows() - before.rows());
            sent += table.withRows(rows).bytes();
        }
        boolean full = required.isEmpty();
        long metadata =
                source.tables().size()
                        * (settings.is24() ? (full ? 939L : 765L) : (full ? 1458L : 1284L));
        remote.remove(work.name());
        remote.put(
                work.name(),
                new Remote(
                        work.name(),
                        source.created(),
                        clock.instant(),
                        source.tables(),
                        required,
                        // A tar is a little larger than what is in it.
                        sent == 0 ? 0 : sent + sent / 1000 + 1024,
                        metadata,
                        "",
                        false));
        local.put(
                work.name(),
                source.with(
                        new Work.UploadState(
                                work.diffFrom(), work.diffFromRemote(), work.tables(), true)));
        if (counted) {
            completeUploads.merge(work.name(), 1, Integer::sum);
        }
        pruneRemote();
        if (!settings.is24()) {
            pruneLocal(0);
            if (work.deleteSource() && settings.keepLocal() >= 0) {
                local.remove(work.name());
            }
        }
    }

    /** Says whether there is something to download; an existing one is resumed where it can be. */
    synchronized void beginDownload(String name, boolean forRestore) throws OperationFailed {
        Local existing = local.get(name);
        boolean is24 = settings.is24();
        if (existing != null && !is24 && !existing.downloaded()) {
            if (forRestore) {
                return;
            }
            throw new OperationFailed(
                    "backup is already exists: local backup '"
                            + name
                            + "' exists but resumable state 'download.state2' is missing, so it is"
                            + " unknown which parts are complete and resuming on top of partial"
                            + " data risks silent corruption; run `clickhouse-backup delete local "
                            + name
                            + "` and retry the download, or investigate why the resumable state"
                            + " was lost");
        }
        Remote source = remote.get(name);
        if (source == null) {
            throw new OperationFailed("'" + name + "' is not found on remote storage");
        }
        if (source.isBroken() || source.tables().isEmpty()) {
            throw new OperationFailed("'" + name + "' is empty backup");
        }
        Set<String> seen = new HashSet<>();
        for (Remote at = source; !at.required().isEmpty() && seen.add(at.name()); ) {
            Remote base = remote.get(at.required());
            if (base == null || base.isBroken()) {
                throw new OperationFailed(
                        (is24
                                        ? "one of Download go-routine return error: "
                                        : "one of Download go-routine return error:"
                                                + " downloadTableData: ")
                                + "one of downloadDiffParts go-routine return error: "
                                + at.required()
                                + " not found on remote storage");
            }
            at = base;
        }
        if (existing == null) {
            local.put(
                    name, new Local(name, clock.instant(), source.tables(), 0, false, null, true));
        }
    }

    synchronized void finishDownload(String name) throws OperationFailed {
        Remote source = remote.get(name);
        if (source == null) {
            if (local.containsKey(name)) {
                return; // a complete local copy that restore_remote uses as it is
            }
            throw new OperationFailed("'" + name + "' is not found on remote storage");
        }
        Local existing = local.get(name);
        if (existing != null && existing.complete()) {
            return;
        }
        local.put(
                name,
                new Local(
                        name,
                        source.created(),
                        source.tables(),
                        source.metadataBytes(),
                        true,
                        null,
                        true));
    }

    synchronized void restore(Work work) throws OperationFailed {
        Local source = local.get(work.name());
        boolean is24 = settings.is24();
        if (!isWhole(source)) {
            throw new OperationFailed(
                    is24
                            ? "stat "
                                    + BACKUPS
                                    + work.name()
                                    + "/metadata: no such file or directory"
                            : "read backup metadata file: open "
                                    + BACKUPS
                                    + work.name()
                                    + "/metadata.json: no such file or directory");
        }
        List<Table> found = matching(source.tables(), work.tables());
        if (found.isEmpty()) {
            throw new OperationFailed(
                    is24
                            ? "no have found schemas by " + work.tables() + " in " + work.name()
                            : "not found schemas by "
                                    + work.tables()
                                    + " in "
                                    + work.name()
                                    + ", also check skip_tables and skip_table_engines setting");
        }
        boolean schema = work.schema() || !work.data();
        boolean data = work.data() || !work.schema();
        for (Table table : found) {
            String database = work.databases().getOrDefault(table.database(), table.database());
            Table target = new Table(database, table.name(), 0, table.bytesPerRow());
            if (schema && work.drop()) {
                tables.remove(target.id());
            }
            if (schema) {
                tables.putIfAbsent(target.id(), target);
            }
            Table into = tables.get(target.id());
            if (data && into == null) {
                throw new OperationFailed(
                        target.id()
                                + " is not created. Restore schema first or create missing tables"
                                + " manually");
            }
            if (data) {
                // Parts are attached to what is there, so that a second restore doubles the rows.
                tables.put(target.id(), into.withRows(into.rows() + table.rows()));
            }
        }
    }

    synchronized void delete(String where, String rawName) throws OperationFailed {
        String name = Commands.clean(rawName);
        Map<String, ?> from =
                switch (where) {
                    case "local" -> local;
                    case "remote" -> remote;
                    default ->
                            throw new OperationFailed(
                                    "backup location must be 'local' or 'remote'");
                };
        if (from.remove(name) == null) {
            throw new OperationFailed("'" + name + "' is not found on " + where + " storage");
        }
    }

    synchronized void cleanRemoteBroken() {
        remote.values().removeIf(Remote::isBroken);
    }

    synchronized void cleanLocalBroken() {
        local.values().removeIf(b -> !b.complete());
    }

    /**
     * What the server resumes after its start: every local backup with a state file, also of an
     * upload that was complete, in the order of their names. 2.4 resumes uploads only.
     */
    synchronized List<Work> resumable() {
        List<Work> work = new ArrayList<>();
        for (Local backup : new TreeMap<>(local).values()) {
            if (backup.downloaded() && !settings.is24()) {
                work.add(
                        Work.resumed(
                                "download",
                                backup.name(),
                                "download --resumable=1 " + backup.name(),
                                new Work.UploadState("", "", "", false)));
            }
            Work.UploadState state = backup.upload();
            if (state != null) {
                work.add(
                        Work.resumed(
                                "upload",
                                backup.name(),
                                "upload"
                                        + resumedFlag("diff-from", state.diffFrom())
                                        + resumedFlag("diff-from-remote", state.diffFromRemote())
                                        + resumedFlag("tables", state.tables())
                                        + " --resumable=1 "
                                        + backup.name(),
                                state));
            }
        }
        return work;
    }

    /** The state file is deleted once it was resumed. */
    synchronized void forgetState(Work work) {
        local.computeIfPresent(
                work.name(),
                (n, b) ->
                        work.operation().equals("upload")
                                ? b.with(null)
                                : new Local(
                                        n,
                                        b.created(),
                                        b.tables(),
                                        b.metadataBytes(),
                                        b.complete(),
                                        b.upload(),
                                        false));
    }

    private String resumedFlag(String flag, String value) {
        if (value.isEmpty()) {
            return "";
        }
        String quote = settings.is24() ? "\"" : "";
        return " --" + flag + "=" + quote + value + quote;
    }

    private static boolean isWhole(Local backup) {
        return backup != null && backup.complete();
    }

    private String unfinished() {
        return settings.is24() ? "old-format" : "broken metadata.json not found";
    }

    private Stream<Local> sortedLocal() {
        return local.values().stream().sorted(Comparator.comparing(Local::created));
    }

    private Stream<Remote> sortedRemote() {
        return remote.values().stream().sorted(Comparator.comparing(Remote::uploaded));
    }

    /**
     * @param atLeast what stays if no local backups shall be kept
     */
    private void pruneLocal(int atLeast) {
        int keep = settings.keepLocal();
        if (keep == 0) {
            return;
        }
        int limit = keep < 0 ? atLeast : keep;
        List<Local> sorted = sortedLocal().toList();
        for (Local old : sorted.subList(0, Math.max(0, sorted.size() - limit))) {
            local.remove(old.name());
        }
    }

    /** Keeps the newest, and whatever these are based on, directly or not. */
    private void pruneRemote() {
        int keep = settings.keepRemote();
        if (keep < 1 || remote.size() <= keep) {
            return;
        }
        List<Remote> sorted =
                remote.values().stream()
                        .sorted(
                                Comparator.comparing(
                                        b ->
                                                settings.is24() || b.created() == null
                                                        ? b.uploaded()
                                                        : b.created()))
                        .toList();
        Set<String> kept = new HashSet<>();
        for (Remote backup : sorted.subList(sorted.size() - keep, sorted.size())) {
            Remote at = backup;
            while (at != null && kept.add(at.name())) {
                at = remote.get(at.required());
            }
        }
        remote.keySet().retainAll(kept);
    }

    private Map<String, Object> json(
            String name,
            Instant created,
            long data,
            long compressed,
            long metadata,
            String location,
            String required,
            String description) {
        // 2.4 shows the time of creation in UTC, unlike the times of its rows.
        ZoneId zone = settings.is24() ? ZoneOffset.UTC : clock.getZone();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", name);
        json.put("created", created == null ? "0001-01-01 00:00:00" : History.time(created, zone));
        putUnlessZero(json, "size", size(data, compressed, metadata));
        if (!settings.is24()) {
            putUnlessZero(json, "data_size", data);
            json.put("metadata_size", metadata);
            putUnlessZero(json, "compressed_size", compressed);
        }
        json.put("location", location);
        json.put("required", required);
        json.put("desc", description);
        return json;
    }

    /**
     * 2.4 shows the whole data for a diff as well; so does 2.8 if a diff has no data of its own.
     */
    private long size(long data, long compressed, long metadata) {
        return metadata + (settings.is24() || compressed == 0 ? data : compressed);
    }

    private static void putUnlessZero(Map<String, Object> json, String key, long value) {
        if (value != 0) {
            json.put(key, value);
        }
    }

    private static List<Table> matching(Map<String, Table> tables, String patterns) {
        if (patterns.isEmpty()) {
            return List.copyOf(tables.values());
        }
        List<Pattern> globs =
                Stream.of(patterns.split(","))
                        .map(p -> Pattern.quote(p.trim()))
                        .map(p -> p.replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q"))
                        .map(Pattern::compile)
                        .toList();
        return tables.values().stream()
                .filter(t -> globs.stream().anyMatch(g -> g.matcher(t.id()).matches()))
                .toList();
    }
}
