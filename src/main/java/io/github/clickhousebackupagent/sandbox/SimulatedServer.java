package io.github.clickhousebackupagent.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;

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

    // Below what Linux, macOS and Windows give to outgoing connections.
    private static final int FIRST_PORT = 20_000;
    private static final int LAST_PORT = 32_000;
    private static final int MAX_TRIES = 100;
    // What an id has in place of a network address must not look like a real one.
    private static final long MULTICAST = 0x0100_0000_0000L;

    private final Settings settings;
    private final Node node;
    private final Faults faults = new Faults(this::lock);
    private final Life.Ids ids;
    private final List<RecordedCall> calls = new ArrayList<>();
    private final List<Life.Running> operations = new ArrayList<>();
    private final Object lifecycle = new Object();
    private volatile int port;
    private volatile Life life;
    private Socket reservation;

    private SimulatedServer(Builder builder) {
        this.settings = builder.settings();
        this.node = new Node(settings, builder.allTables());
        this.ids = new Life.Ids(settings, () -> MULTICAST | port);
        this.port = builder.port;
    }

    /** A server of version 2.8 with one table {@code shop.orders}, no credentials and no delays. */
    public static Builder builder() {
        return new Builder();
    }

    /** Where it listens, such as {@code http://127.0.0.1:40123}. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** The port that it listens at; it stays the same over a restart. */
    public int port() {
        return port;
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
            reservation = reserve(port);
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
            release();
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

    /** The tables of the ClickHouse node as {@code database.table}; a copy. */
    public List<String> tables() {
        return node.tableIds();
    }

    /** The count of rows of a table of the ClickHouse node; empty if there is no such table. */
    public OptionalLong rows(String database, String table) {
        return node.rows(database + "." + table);
    }

    /**
     * Adds rows to a table of the ClickHouse node.
     *
     * @throws IllegalArgumentException if there is no such table
     */
    public void insertRows(String database, String table, long rows) {
        node.insert(database + "." + table, rows);
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
        // Before the JDK's server is loaded: it stalls for the 40 ms of a delayed acknowledgement.
        if (System.getProperty("sun.net.httpserver.nodelay") == null) {
            System.setProperty("sun.net.httpserver.nodelay", "true");
        }
        synchronized (lifecycle) {
            release();
            Life next = new Life(settings, node, faults, ids, this::remember);
            try {
                Api api = new Api(settings, node, faults, next, this::remember);
                port = port == 0 ? listenAnywhere(next, api) : next.listen(port, api);
            } catch (IOException e) {
                next.die();
                throw new UncheckedIOException(
                        "the simulated server cannot listen at port " + port, e);
            }
            life = next;
        }
    }

    /**
     * Listens at a free port that the system gives to nobody by itself: it must be had again after
     * a kill, and an outgoing connection could have got it by then.
     */
    private static int listenAnywhere(Life life, Api api) throws IOException {
        for (int tries = 1; ; tries++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT);
            try {
                return life.listen(port, api);
            } catch (BindException e) {
                if (tries == MAX_TRIES) {
                    throw e;
                }
            }
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

    /**
     * Keeps the port while nothing listens: a socket that is bound only refuses connections, and
     * nobody else is given the port.
     */
    private static Socket reserve(int port) {
        Socket socket = new Socket();
        try {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot keep port " + port, e);
        }
    }

    private void release() {
        if (reservation == null) {
            return;
        }
        try {
            reservation.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot release port " + port, e);
        }
        reservation = null;
    }

    /** Configures a simulated server. */
    public static final class Builder {
        private ServerVersion version = ServerVersion.V2_8;
        private String reportedVersion;
        private int port;
        private String user = "";
        private String password = "";
        private Duration createTime = Duration.ZERO;
        private Duration uploadTime = Duration.ZERO;
        private Duration listTime = Duration.ZERO;
        private Duration resumeDelay = Duration.ZERO;
        private int keepLocal = 6;
        private int keepRemote;
        private Clock clock = Clock.systemDefaultZone();
        private Settings.BeforeWork beforeWork = command -> {};
        private final List<Node.Table> tables = new ArrayList<>();

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
            double bytesPerRow = rows == 0 ? 48 : (double) bytes / rows;
            tables.add(new Node.Table(database, table, rows, bytesPerRow));
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

        private List<Node.Table> allTables() {
            return tables.isEmpty()
                    ? List.of(new Node.Table("shop", "orders", 1_000_000, 48))
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
