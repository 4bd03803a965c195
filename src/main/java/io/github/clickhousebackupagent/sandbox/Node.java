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
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What outlives a restart of the server: the tables of the ClickHouse node, its local backups and
 * the remote storage. Thread-safe.
 */
final class Node {
    private static final String REFUSED = "dial tcp 127.0.0.1:21: connect: connection refused";
    static final String BACKUPS = "/var/lib/clickhouse/backup/";

    private final Settings settings;
    private final Clock clock;
    private final LiveTables live;
    private final Map<String, LocalBackup> local = new LinkedHashMap<>();
    private final Map<String, RemoteBackup> remote = new LinkedHashMap<>();
    private final Map<String, Integer> completeUploads = new LinkedHashMap<>();
    private boolean storageAway;

    Node(Settings settings, LiveTables live) {
        this.settings = settings;
        this.clock = settings.clock();
        this.live = live;
    }

    // What the tests ask.

    synchronized void takeStorageAway(boolean away) {
        storageAway = away;
    }

    /** Whether a remote backup, and what it is based on, is in the storage with all its files. */
    synchronized boolean isDownloadable(String name) {
        RemoteBackup backup = remote.get(name);
        return backup != null
                && !isEmpty(backup)
                && missingBase(backup).isEmpty()
                && chain(backup).stream().allMatch(b -> b.stored().all());
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
                                        b.required(),
                                        b.complete() ? b.dataBytes() + b.metadataBytes() : 0,
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
        RemoteBackup backup = remote.get(name);
        if (backup == null) {
            throw new IllegalArgumentException("there is no remote backup " + name);
        }
        switch (damage) {
            case ABSENT -> remote.remove(name);
            case BROKEN ->
                    remote.put(name, RemoteBackup.broken(name, backup.uploaded(), backup.stored()));
            case EMPTY -> remote.put(name, backup.emptied());
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
                                        b.required(),
                                        b.complete() ? "regular" : unfinished()))
                .toList();
    }

    synchronized List<Map<String, Object>> listRemote() {
        if (storageAway) {
            return List.of(); // The server says so in its log only.
        }
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

    synchronized Optional<LocalBackup> local(String name) {
        return Optional.ofNullable(local.get(name));
    }

    synchronized Optional<RemoteBackup> remote(String name) {
        return storageAway ? Optional.empty() : Optional.ofNullable(remote.get(name));
    }

    // Operations, each in two steps: what can be seen while it runs, and what can be seen
    // afterwards.

    synchronized void beginCreate(Work work) throws OperationFailed {
        List<Table> matching = Patterns.matching(live.all(), work.tables());
        if (matching.isEmpty()) {
            throw new OperationFailed("no tables for backup");
        }
        LocalBackup existing = local.get(work.name());
        if (settings.is24() && existing != null && existing.complete()) {
            throw new OperationFailed("'" + work.name() + "' medatata.json already exists");
        }
        Map<String, Table> frozen = new TreeMap<>();
        matching.forEach(t -> frozen.put(t.id(), work.schema() ? t.withRows(0) : t.inBackup()));
        local.remove(work.name());
        local.put(work.name(), LocalBackup.begun(work.name(), clock.instant(), frozen));
    }

    synchronized void finishCreate(String name) {
        LocalBackup begun = local.remove(name);
        local.put(
                name,
                begun.completed(
                        clock.instant(),
                        begun.tables(),
                        begun.tables().size() * (settings.is24() ? 611L : 1130L),
                        ""));
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
        LocalBackup source = local.get(name);
        if (source == null) {
            throw new OperationFailed(
                    "can't find local backup: backup '" + name + "' is not found");
        }
        if (!source.complete()) {
            throw new OperationFailed(
                    (is24 ? "" : "ReadBackupMetadataLocal: ")
                            + "open "
                            + name
                            + "/metadata.json: no such file or directory");
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
        refuseWithoutStorage();
        if (!work.diffFromRemote().isEmpty()) {
            refuseRemoteBase(work.diffFromRemote());
        }
        Work.Sent sent = sentBefore(source, work);
        RemoteBackup target =
                remote.getOrDefault(
                        name,
                        RemoteBackup.broken(name, clock.instant(), RemoteBackup.Stored.NOTHING));
        if (sent == Work.Sent.NOTHING) {
            sent = Work.Sent.PARTS;
            target = target.with(new RemoteBackup.Stored(true, target.stored().metadata()));
        }
        remote.put(name, target);
        local.put(name, source.with(Work.UploadState.of(work, sent)));
    }

    /** What the state file keeps an upload from sending; the storage is not looked at. */
    private Work.Sent sentBefore(LocalBackup source, Work work) {
        Work.UploadState state = source.upload();
        // Only the newer server starts anew where it is asked for something else than before.
        return state == null || !settings.is24() && !state.isOf(work)
                ? Work.Sent.NOTHING
                : state.sent();
    }

    private void refuseRemoteBase(String name) throws OperationFailed {
        boolean is24 = settings.is24();
        String where =
                (is24 ? "b.getTablesForUploadDiffRemote" : "b.getTablesDiffFromRemote")
                        + " return error: ";
        RemoteBackup base = remote.get(name);
        if (base == null) {
            throw new OperationFailed(where + name + " not found on remote storage");
        }
        if (!base.isBroken() && !base.tables().isEmpty() && !base.stored().metadata()) {
            String file = metadataFile(base);
            throw new OperationFailed(
                    where
                            + (is24
                                    ? ""
                                    : "getTableListByPatternRemote return error:"
                                            + " b.dst.GetFileReader("
                                            + file
                                            + ") error: ")
                            + cannotOpen(file));
        }
    }

    private static String metadataFile(RemoteBackup backup) {
        Table first = backup.tables().values().iterator().next();
        return backup.name() + "/metadata/" + first.database() + "/" + first.name() + ".json";
    }

    private static String cannotOpen(String file) {
        return "550 \"Can't open /backup/" + file + ": No such file or directory\"";
    }

    private void refuseWithoutStorage() throws OperationFailed {
        if (storageAway) {
            throw new OperationFailed(
                    "can't upload: "
                            + (settings.is24() ? "" : "MakeObject failed after 3 attempts: ")
                            + REFUSED);
        }
    }

    /** Whether a resumed upload has nothing left to send. */
    synchronized boolean isUploadComplete(String name) {
        LocalBackup source = local.get(name);
        return source != null && source.upload() != null && source.upload().sent() == Work.Sent.ALL;
    }

    synchronized void finishUpload(Work work, boolean counted) throws OperationFailed {
        refuseWithoutStorage();
        LocalBackup source = local.get(work.name());
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
            RemoteBackup of = remote.get(work.diffFromRemote());
            // Of a broken base 2.4 silently makes a full backup; 2.8 sends all and names the base.
            boolean named = of != null && (!of.isBroken() || !settings.is24());
            required = named ? work.diffFromRemote() : "";
            base = of == null ? Map.of() : of.tables();
        }
        long sent = 0;
        for (Table table : source.tables().values()) {
            Table old = base.get(table.id());
            long rows = old == null ? table.rows() : Math.max(0, table.rows() - old.rows());
            sent += table.withRows(rows).bytes();
        }
        boolean full = required.isEmpty();
        long metadata =
                source.tables().size()
                        * (settings.is24() ? (full ? 939L : 765L) : (full ? 1458L : 1284L));
        RemoteBackup before = remote.remove(work.name());
        RemoteBackup.Stored stored = before == null ? RemoteBackup.Stored.NOTHING : before.stored();
        boolean skipped = source.upload() != null && source.upload().sent() == Work.Sent.ALL;
        remote.put(
                work.name(),
                new RemoteBackup(
                        work.name(),
                        source.created(),
                        clock.instant(),
                        source.tables(),
                        required,
                        // A tar is a little larger than what is in it.
                        sent == 0 ? 0 : sent + sent / 1000 + 1024,
                        metadata,
                        "",
                        false,
                        new RemoteBackup.Stored(stored.parts(), !skipped || stored.metadata())));
        local.put(work.name(), source.with(Work.UploadState.of(work, Work.Sent.ALL)));
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
    synchronized void beginDownload(Work work, boolean forRestore) throws OperationFailed {
        String name = work.name();
        LocalBackup existing = local.get(name);
        boolean is24 = settings.is24();
        if (existing != null && !is24 && !existing.downloadState()) {
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
        RemoteBackup source = remote(name).orElse(null);
        if (source == null) {
            throw new OperationFailed("'" + name + "' is not found on remote storage");
        }
        if (isEmpty(source)) {
            throw new OperationFailed("'" + name + "' is empty backup");
        }
        if (existing == null) {
            // On record before anything is found missing, and not taken back then.
            local.put(
                    name,
                    LocalBackup.begun(name, clock.instant(), source.tables())
                            .withDownloadState(true));
        }
        refuseIncomplete(source, existing, work.schema());
        for (RemoteBackup base : chain(source)) {
            if (is24) {
                // The folders of its parts, without a metadata.json.
                local.putIfAbsent(
                        base.name(),
                        LocalBackup.begun(base.name(), clock.instant(), base.tables()));
            }
        }
    }

    private static boolean isEmpty(RemoteBackup backup) {
        return backup.isBroken() || backup.tables().isEmpty();
    }

    private void refuseIncomplete(RemoteBackup source, LocalBackup existing, boolean schema)
            throws OperationFailed {
        boolean is24 = settings.is24();
        String download = "one of Download go-routine return error: ";
        if (!source.stored().metadata()) {
            String file = metadataFile(source);
            throw new OperationFailed(
                    "one of Download Metadata go-routine return error: "
                            + (is24
                                    ? cannotOpen(file)
                                    : "downloadTableMetadata: remote metadata file "
                                            + file
                                            + " not found on remote storage, backup is broken"));
        }
        if (schema) {
            return;
        }
        Optional<String> missing = missingBase(source);
        if (missing.isPresent()) {
            throw new OperationFailed(
                    download
                            + (is24
                                    ? "one of downloadDiffParts go-routine return error: "
                                    : "downloadTableData: downloadDiffParts:"
                                            + " ReadBackupMetadataRemote: ")
                            + missing.get()
                            + " not found on remote storage");
        }
        for (RemoteBackup backup : chain(source)) {
            if (!backup.stored().all()) {
                throw new OperationFailed(
                        download
                                + (is24
                                        ? "one of downloadTableData go-routine return error: key not"
                                                + " found"
                                        : "downloadTableData: one of downloadTableData go-routine"
                                                + " return error: DownloadCompressedStream:"
                                                + " DownloadCompressedStream StatFile: key not"
                                                + " found: /backup/"
                                                + somePart(backup)));
            }
        }
        boolean partial =
                existing != null
                        && existing.complete()
                        && !existing.schemaOnly()
                        && existing.tables().size() < source.tables().size();
        if (partial && !is24 && !source.required().isEmpty()) {
            throw new OperationFailed(
                    download
                            + "downloadTableData: downloadDiffParts: one of downloadDiffParts"
                            + " go-routine return error: can't to add link to exists part "
                            + BACKUPS
                            + somePart(source)
                            + ": file exists");
        }
    }

    private static String somePart(RemoteBackup backup) {
        return backup.tables().values().stream()
                .filter(table -> !table.isEmpty())
                .findFirst()
                .map(
                        table ->
                                "%s/shadow/%s/%s/default_all_1_1_0.tar"
                                        .formatted(backup.name(), table.database(), table.name()))
                .orElseGet(() -> metadataFile(backup));
    }

    /** A backup and all that it is based on, as far as it is there. */
    private List<RemoteBackup> chain(RemoteBackup backup) {
        Map<String, RemoteBackup> chain = new LinkedHashMap<>();
        for (RemoteBackup at = backup;
                at != null && !at.isBroken() && chain.putIfAbsent(at.name(), at) == null; ) {
            at = remote.get(at.required());
        }
        return List.copyOf(chain.values());
    }

    private Optional<String> missingBase(RemoteBackup backup) {
        return chain(backup).stream()
                .map(RemoteBackup::required)
                .filter(required -> !required.isEmpty())
                .filter(
                        required ->
                                !remote.containsKey(required) || remote.get(required).isBroken())
                .findFirst();
    }

    synchronized void finishDownload(Work work, boolean resumed) throws OperationFailed {
        String name = work.name();
        RemoteBackup source = remote(name).orElse(null);
        LocalBackup existing = local.get(name);
        if (source == null) {
            if (existing != null && existing.complete()) {
                return; // a complete local copy that restore_remote uses as it is
            }
            throw new OperationFailed("'" + name + "' is not found on remote storage");
        }
        if (existing == null) {
            throw new OperationFailed(
                    "open " + BACKUPS + name + "/metadata.json: no such file or directory");
        }
        boolean is24 = settings.is24();
        if (!is24 && existing.complete() && !existing.downloadState()) {
            return;
        }
        List<Table> wanted =
                Patterns.matching(source.tables().values(), work.tables()).stream().toList();
        boolean dataLeftOut = work.schema() || is24 && existing.complete() && existing.schemaOnly();
        Map<String, Table> got = new TreeMap<>();
        wanted.forEach(t -> got.put(t.id(), dataLeftOut ? t.withRows(0) : t));
        LocalBackup done =
                existing.completed(
                        source.created(),
                        got,
                        source.metadataBytes() * got.size() / source.tables().size(),
                        is24 ? "" : source.required());
        if (dataLeftOut) {
            done = done.withoutData();
        }
        if (resumed && !done.required().isEmpty()) {
            // The server adds up what it still had to fetch.
            done = done.withUnshown(done.dataBytes() / 10);
        }
        local.put(name, done);
    }

    synchronized Restoring beginRestore(Work work) throws OperationFailed {
        Restoring restoring = new Restoring(settings, live, local.get(work.name()), work);
        restoring.begin();
        return restoring;
    }

    /** Refuses what is not there, else deletes half of it, which no list shows. */
    synchronized void beginDelete(String where, String rawName) throws OperationFailed {
        String name = Commands.clean(rawName);
        if (!where.equals("local") && !where.equals("remote")) {
            throw new OperationFailed("backup location must be 'local' or 'remote'");
        }
        if (where.equals("local")) {
            if (!local.containsKey(name)) {
                throw new OperationFailed("'" + name + "' is not found on local storage");
            }
            return;
        }
        if (storageAway && !settings.is24()) {
            throw new OperationFailed(
                    "bd.RemoveBackupRemote: FTP DeleteFile getConnection: FTP getConnectionFromPool"
                            + " BorrowObject: ftpPoolFactory->MakeObject failed after 3 attempts: "
                            + REFUSED);
        }
        // The older server says so as well where it cannot ask the storage.
        if (storageAway || !remote.containsKey(name)) {
            throw new OperationFailed("'" + name + "' is not found on remote storage");
        }
        remote.computeIfPresent(name, (n, b) -> b.with(RemoteBackup.Stored.NOTHING));
    }

    synchronized void finishDelete(String where, String rawName) {
        (where.equals("local") ? local : remote).remove(Commands.clean(rawName));
    }

    synchronized void cleanRemoteBroken() {
        remote.values().removeIf(RemoteBackup::isBroken);
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
        for (LocalBackup backup : new TreeMap<>(local).values()) {
            if (backup.downloadState() && !settings.is24()) {
                work.add(
                        Work.resumed(
                                "download",
                                backup.name(),
                                "download --resumable=1 " + backup.name(),
                                new Work.UploadState("", "", "", Work.Sent.NOTHING)));
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
                                : b.withDownloadState(false));
    }

    private String resumedFlag(String flag, String value) {
        if (value.isEmpty()) {
            return "";
        }
        String quote = settings.is24() ? "\"" : "";
        return " --" + flag + "=" + quote + value + quote;
    }

    private static boolean isWhole(LocalBackup backup) {
        return backup != null && backup.complete();
    }

    private String unfinished() {
        return settings.is24() ? "old-format" : "broken metadata.json not found";
    }

    private Stream<LocalBackup> sortedLocal() {
        return local.values().stream().sorted(Comparator.comparing(LocalBackup::created));
    }

    private Stream<RemoteBackup> sortedRemote() {
        return remote.values().stream().sorted(Comparator.comparing(RemoteBackup::uploaded));
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
        List<LocalBackup> sorted = sortedLocal().toList();
        for (LocalBackup old : sorted.subList(0, Math.max(0, sorted.size() - limit))) {
            local.remove(old.name());
        }
    }

    /** Keeps the newest, and whatever these are based on, directly or not. */
    private void pruneRemote() {
        int keep = settings.keepRemote();
        if (keep < 1 || remote.size() <= keep) {
            return;
        }
        List<RemoteBackup> sorted =
                remote.values().stream()
                        .sorted(
                                Comparator.comparing(
                                        b ->
                                                settings.is24() || b.created() == null
                                                        ? b.uploaded()
                                                        : b.created()))
                        .toList();
        Set<String> kept = new HashSet<>();
        for (RemoteBackup backup : sorted.subList(sorted.size() - keep, sorted.size())) {
            RemoteBackup at = backup;
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
}
