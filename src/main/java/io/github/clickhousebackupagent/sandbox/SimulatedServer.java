package io.github.clickhousebackupagent.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A clickhouse-backup server that is only played: its REST API on loopback, with tables, local and
 * remote backups in memory. It answers as recorded servers did (see {@link ServerVersion}), can be
 * told to fail ({@link #faults()}), killed and restarted, and remembers what it was asked for.
 *
 * <p>Thread-safe; all its threads are daemons. The paths {@code /}, {@code /restart}, {@code
 * /metrics}, {@code /backup/watch}, {@code /backup/rebase} and {@code /backup/rebalance} are not
 * played and answer 404. The times of operations pass in real time, whatever clock it has.
 */
public final class SimulatedServer implements AutoCloseable {

    // What an id has in place of a network address must not look like a real one.
    private static final long MULTICAST = 0x0100_0000_0000L;

    private final Settings settings;
    private final Node node;
    private final LiveTables live;
    private final SimulatedClickHouse clickHouse;
    private final Faults faults;
    private final Life.Ids ids;
    private final List<RecordedCall> calls = new ArrayList<>();
    private final List<Life.Running> operations = new ArrayList<>();
    private final Object lifecycle = new Object();
    private final Port port;
    private volatile Life life;

    private SimulatedServer(Builder builder) {
        this.settings = builder.settings();
        this.live = new LiveTables(builder.allTables());
        this.node = new Node(settings, live);
        this.clickHouse =
                new SimulatedClickHouse(live, builder.clickHouseUser, builder.clickHousePassword);
        this.faults = new Faults(this::lock, node::takeStorageAway);
        this.port = new Port(builder.port);
        this.ids = new Life.Ids(settings, () -> MULTICAST | port.number());
    }

    /** A server of version 2.8 with one table {@code shop.orders}, no credentials and no delays. */
    public static Builder builder() {
        return new Builder();
    }

    /** Where it listens, such as {@code http://127.0.0.1:40123}. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + port.number());
    }

    /** The port that it listens at; it stays the same over a restart. */
    public int port() {
        return port.number();
    }

    /** Where its ClickHouse answers HTTP, on a port of its own. */
    public URI clickHouseUri() {
        return clickHouse.uri();
    }

    /** Its ClickHouse, which lives on when the server is killed. */
    public SimulatedClickHouse clickHouse() {
        return clickHouse;
    }

    /** What shall go wrong. */
    public Faults faults() {
        return faults;
    }

    /**
     * Dies as of {@code kill -9}: connections break and are refused from here on, operations stop
     * where they are. Does nothing if it is dead.
     */
    public void kill() {
        synchronized (lifecycle) {
            if (life == null) {
                return;
            }
            die();
            port.reserve();
        }
    }

    private void die() {
        life.die();
        life = null;
    }

    /**
     * Starts again at the same port, after a kill if it is not dead. The history is lost; local and
     * remote backups are not; uploads that left their state behind are resumed.
     *
     * @throws UncheckedIOException if the port cannot be had
     */
    public void restart() {
        synchronized (lifecycle) {
            kill();
            start();
        }
    }

    /** Ends it for good. */
    @Override
    public void close() {
        synchronized (lifecycle) {
            if (life != null) {
                die();
            }
            port.release();
            clickHouse.close();
        }
    }

    /** Forgets all rows of {@code /backup/actions}, also of what runs, which releases the lock. */
    public void forgetHistory() {
        current().history().forgetAll();
    }

    /** Damages a remote backup that exists. */
    public void damage(String name, Damage damage) {
        node.damage(name, damage);
    }

    /** What it was asked for until now, in the order of the answers; a copy. */
    public List<RecordedCall> calls() {
        return calls(0);
    }

    /**
     * The same without the first ones: cheap where only what is new is of interest.
     *
     * @param known how many to leave out; all, if there are not more
     */
    public List<RecordedCall> calls(int known) {
        synchronized (calls) {
            return List.copyOf(calls.subList(Math.min(known, calls.size()), calls.size()));
        }
    }

    /**
     * What it did or does in the background, over all its lives, in the order of their begin; a
     * copy.
     */
    public List<RecordedOperation> operations() {
        return operations(0);
    }

    /**
     * The same without the first ones: cheap where only what is new is of interest.
     *
     * @param known how many to leave out; all, if there are not more
     */
    public List<RecordedOperation> operations(int known) {
        synchronized (operations) {
            return operations
                    .subList(Math.min(known, operations.size()), operations.size())
                    .stream()
                    .map(Life.Running::recorded)
                    .toList();
        }
    }

    /** The local backups, oldest first; a copy. */
    public List<SimulatedBackup> local() {
        return node.localBackups();
    }

    /** The remote backups in the order of their upload; a copy. */
    public List<SimulatedBackup> remote() {
        return node.remoteBackups();
    }

    /**
     * How many times a backup of this name was uploaded to the end, not counting that a restart
     * resumes an upload that was complete.
     */
    public int completeUploads(String name) {
        return node.completeUploads(name);
    }

    /**
     * Whether a remote backup and all that it is based on is really in the storage, which no list
     * shows: only who downloads it knows.
     */
    public boolean isDownloadable(String name) {
        return node.isDownloadable(name);
    }

    /** The tables of the ClickHouse node, in the order of their names; a copy. */
    public List<SimulatedTable> tables() {
        return live.all().stream().map(Table::shown).toList();
    }

    /** A table of the ClickHouse node; empty if there is no such table. */
    public Optional<SimulatedTable> table(String database, String table) {
        return live.find(database + "." + table).map(Table::shown);
    }

    /** The count of rows of a table of the ClickHouse node; empty if there is no such table. */
    public OptionalLong rows(String database, String table) {
        return table(database, table).stream().mapToLong(SimulatedTable::rows).findFirst();
    }

    /**
     * Makes a table in the ClickHouse node, in place of one of that name.
     *
     * @param engine see {@link SimulatedTable}
     * @param rows of 48 bytes each
     * @throws IllegalArgumentException if a view is to have rows
     */
    public void putTable(String database, String table, String engine, long rows) {
        live.put(newTable(database, table, engine, rows));
    }

    /**
     * Drops a table of the ClickHouse node.
     *
     * @throws IllegalArgumentException if there is no such table
     */
    public void dropTable(String database, String table) {
        require(live.drop(database + "." + table), database, table);
    }

    /**
     * Adds rows to a table of the ClickHouse node.
     *
     * @throws IllegalArgumentException if there is no such table
     */
    public void insertRows(String database, String table, long rows) {
        require(live.add(database + "." + table, rows), database, table);
    }

    private static void require(boolean found, String database, String table) {
        if (!found) {
            throw new IllegalArgumentException("there is no table " + database + "." + table);
        }
    }

    private static Table newTable(String database, String table, String engine, long rows) {
        Table made = new Table(database, table, engine, rows, Table.USUAL_ROW);
        if (made.isView() && rows != 0) {
            throw new IllegalArgumentException("a view has no rows: " + made.id());
        }
        return made;
    }

    private Gate lock(String command) {
        return current().lock(command);
    }

    private Life current() {
        Life current = life;
        if (current == null) {
            throw new IllegalStateException("the server is dead");
        }
        return current;
    }

    private void start() {
        synchronized (lifecycle) {
            Life next = new Life(settings, node, faults, ids, this::remember);
            try {
                next.listen(port, new Api(settings, node, live, faults, next, this::remember));
            } catch (IOException e) {
                next.die();
                throw new UncheckedIOException(
                        "the simulated server cannot listen at port " + port.number(), e);
            }
            life = next;
        }
    }

    private void remember(RecordedCall call) {
        synchronized (calls) {
            calls.add(call);
        }
    }

    private void remember(Life.Running operation) {
        synchronized (operations) {
            operations.add(operation);
        }
    }

    /** Configures a simulated server. */
    public static final class Builder {
        private ServerVersion version = ServerVersion.V2_8;
        private String reportedVersion;
        private int port;
        private String user = "";
        private String password = "";
        private String clickHouseUser = "default";
        private String clickHousePassword = "";
        private Duration createTime = Duration.ZERO;
        private Duration uploadTime = Duration.ZERO;
        private Duration listTime = Duration.ZERO;
        private Duration resumeDelay = Duration.ZERO;
        private int keepLocal = 6;
        private int keepRemote;
        private Clock clock = Clock.systemDefaultZone();
        private Settings.BeforeWork beforeWork = command -> {};
        private final List<Table> tables = new ArrayList<>();

        private Builder() {}

        /** Whose answers it gives; 2.8 unless told otherwise. */
        public Builder version(ServerVersion newVersion) {
            version = Objects.requireNonNull(newVersion, "version");
            return this;
        }

        /** What {@code /backup/version} says, which is {@code unknown} of some builds. */
        public Builder reportedVersion(String text) {
            reportedVersion = text;
            return this;
        }

        /** Where it listens; 0, which is the default, for any free port. */
        public Builder port(int newPort) {
            port = newPort;
            return this;
        }

        /** Who may call; without it nobody needs, or may have, credentials. */
        public Builder credentials(String newUser, String newPassword) {
            user = Objects.requireNonNull(newUser, "user");
            password = Objects.requireNonNull(newPassword, "password");
            return this;
        }

        /** Who may ask its ClickHouse; without it whoever does not say who asks. */
        public Builder clickHouseCredentials(String newUser, String newPassword) {
            clickHouseUser = Objects.requireNonNull(newUser, "user");
            clickHousePassword = Objects.requireNonNull(newPassword, "password");
            return this;
        }

        /** How long a create or a restore takes. */
        public Builder createTime(Duration time) {
            createTime = time;
            return this;
        }

        /** How long an upload or a download takes. */
        public Builder uploadTime(Duration time) {
            uploadTime = time;
            return this;
        }

        /** How long it takes to list the remote storage, or to delete there. */
        public Builder listTime(Duration time) {
            listTime = time;
            return this;
        }

        /**
         * How long it has listened after a restart when it resumes uploads, as a real server first
         * connects to ClickHouse; until then nothing shows that it will. By default it resumes them
         * before it listens.
         */
        public Builder resumeDelay(Duration delay) {
            resumeDelay = delay;
            return this;
        }

        /** How many local backups stay; 0 for all, negative to delete them after their upload. */
        public Builder keepLocal(int count) {
            keepLocal = count;
            return this;
        }

        /** How many remote backups stay, besides what they are based on; 0 for all. */
        public Builder keepRemote(int count) {
            keepRemote = count;
            return this;
        }

        /**
         * Adds a table; without any there is {@code shop.orders} with a million rows of 48 bytes.
         *
         * @param bytes the size of these rows on disk; rows added later have the same size each
         */
        public Builder table(String database, String table, long rows, long bytes) {
            double bytesPerRow = rows == 0 ? Table.USUAL_ROW : (double) bytes / rows;
            tables.add(new Table(database, table, Table.MERGE_TREE, rows, bytesPerRow));
            return this;
        }

        /**
         * Adds a table of any engine.
         *
         * @param engine see {@link SimulatedTable}
         * @param rows of 48 bytes each
         * @throws IllegalArgumentException if a view is to have rows
         */
        public Builder table(String database, String table, String engine, long rows) {
            tables.add(newTable(database, table, engine, rows));
            return this;
        }

        /** The time and the zone of what it shows. */
        public Builder clock(Clock newClock) {
            clock = Objects.requireNonNull(newClock, "clock");
            return this;
        }

        Builder beforeWork(Settings.BeforeWork hook) {
            beforeWork = hook;
            return this;
        }

        private Settings settings() {
            return new Settings(
                    version,
                    reportedVersion == null ? version.text() : reportedVersion,
                    user,
                    password,
                    createTime,
                    uploadTime,
                    listTime,
                    resumeDelay,
                    keepLocal,
                    keepRemote,
                    clock,
                    beforeWork);
        }

        private List<Table> allTables() {
            return tables.isEmpty()
                    ? List.of(newTable("shop", "orders", Table.MERGE_TREE, 1_000_000))
                    : List.copyOf(tables);
        }

        /**
         * Starts it.
         *
         * @throws UncheckedIOException if the port cannot be had
         */
        public SimulatedServer start() {
            SimulatedServer server = new SimulatedServer(this);
            server.start();
            return server;
        }
    }
}
