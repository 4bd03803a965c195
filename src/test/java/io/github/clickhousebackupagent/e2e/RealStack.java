package io.github.clickhousebackupagent.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.TerminalFailureException;
import org.opentest4j.TestAbortedException;

/**
 * A real clickhouse-backup server, with a real ClickHouse to back up and a real pure-ftpd to upload
 * to, each a process of its own in one temporary folder.
 *
 * <p>Every part listens on 127.0.0.1 only, on ports that were free. ClickHouse and pure-ftpd are
 * taken from {@code PATH} (or the usual {@code sbin} folders); clickhouse-backup is the binary
 * given. The end of the JVM ends the processes and deletes the folder, if {@link #close()} has not.
 *
 * <p>pure-ftpd changes to the virtual user's id and root folder, so it has to be started by root;
 * {@link #start(Path)} says so when it is not.
 *
 * <p>Not thread safe: one test uses it at a time.
 */
public final class RealStack implements AutoCloseable {

    /** A process of the stack. */
    public enum Part {
        /** The database. */
        CLICKHOUSE,
        /** The remote storage. */
        FTP,
        /** The API. */
        BACKUP_SERVER
    }

    /** The system property that names the binary. */
    public static final String BINARY = "clickhouse-backup.binary";

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final int PASSIVE_PORTS = 40;

    /** Starts a command as the first process of a PID namespace, as a container does. */
    private static final List<String> PROCESS_1 =
            List.of("unshare", "--pid", "--fork", "--kill-child", "--mount-proc");

    /** The owner of the uploaded files when root starts the stack: nobody. */
    private static final int FTP_USER_ID = 65534;

    private final Path binary;
    private final Path folder;
    private final Installation installation;
    private final int clickhouseHttpPort;
    private final int clickhouseTcpPort;
    private final int ftpPort;
    private final int apiPort;
    private final int firstPassivePort;
    private final Map<Part, Process> processes = new EnumMap<>(Part.class);
    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(5))
                    .build();
    private final Thread endOfJvm = new Thread(this::end, "end of RealStack");
    private String version = "unknown";

    private RealStack(Path binary, Installation installation) throws IOException {
        this.binary = binary.toAbsolutePath();
        this.installation = installation;
        this.folder = Files.createTempDirectory("clickhouse-backup-agent-e2e-");
        int first = firstOfFreePorts(4 + PASSIVE_PORTS);
        this.clickhouseHttpPort = first;
        this.clickhouseTcpPort = first + 1;
        this.ftpPort = first + 2;
        this.apiPort = first + 3;
        this.firstPassivePort = first + 4;
    }

    /**
     * Starts ClickHouse, pure-ftpd and {@code clickhouse-backup server}, and returns when each
     * answers.
     *
     * @param binary clickhouse-backup itself
     * @throws IllegalStateException if a part cannot be found, ends, or does not answer in time;
     *     the message holds the end of its log
     */
    public static RealStack start(Path binary) throws IOException {
        return start(binary, new OwnInstallation());
    }

    private static RealStack start(Path binary, Installation installation) throws IOException {
        if (!Files.isExecutable(binary)) {
            throw new IllegalStateException("no clickhouse-backup binary at " + binary);
        }
        RealStack stack = new RealStack(binary, installation);
        Runtime.getRuntime().addShutdownHook(stack.endOfJvm);
        try {
            stack.version = stack.askVersion();
            stack.prepareClickHouse();
            stack.startClickHouse();
            stack.prepareFtp();
            stack.startFtp();
            stack.startBackupServer();
            return stack;
        } catch (IOException | RuntimeException e) {
            stack.close();
            throw e;
        }
    }

    /**
     * Starts the stack with the binary that the system property {@value #BINARY} names; without one
     * the test is skipped, and the console says why.
     */
    public static RealStack startGiven() throws IOException {
        return startGiven(new OwnInstallation());
    }

    /** Starts the stack as {@link #startGiven()}, but with these users and files. */
    static RealStack startGiven(Installation installation) throws IOException {
        String binary = System.getProperty(BINARY, "");
        if (binary.isBlank()) {
            String why =
                    "skipped: no clickhouse-backup binary; give its path with -D"
                            + BINARY
                            + "=PATH";
            // Failsafe counts what was skipped, but keeps the reason to its report files.
            System.out.println(why);
            throw new TestAbortedException(why);
        }
        return start(Path.of(binary), installation);
    }

    /** The root of the API, without a slash at its end. */
    public URI apiUri() {
        return URI.create("http://127.0.0.1:" + apiPort);
    }

    /** The name that the API asks for. */
    public String username() {
        return installation.api().name();
    }

    /** The password that the API asks for. */
    public String password() {
        return installation.api().password();
    }

    /**
     * What the binary says that it is, such as {@code 2.8.0}. A binary built without its version
     * says {@code unknown}; then the version in its file name, if there is one.
     */
    public String version() {
        return version;
    }

    /** The folder of the FTP user: what clickhouse-backup has uploaded is below it. */
    public Path remoteFolder() {
        return folder.resolve("ftp");
    }

    /**
     * Runs one statement by ClickHouse's HTTP interface.
     *
     * @return its result as tab separated lines, without the last line's end
     * @throws IllegalStateException if ClickHouse refuses it
     */
    public String query(String sql) {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + clickhouseHttpPort + "/"))
                        .header("Authorization", basic(clickHouseUser(), clickHousePassword()))
                        .timeout(Duration.ofMinutes(2))
                        .POST(BodyPublishers.ofString(sql))
                        .build();
        HttpResponse<String> response = send(request);
        if (response.statusCode() != 200) {
            throw new IllegalStateException(
                    "ClickHouse answered " + response.statusCode() + ": " + response.body());
        }
        return response.body().stripTrailing();
    }

    /** ClickHouse's HTTP interface. */
    public URI clickHouseUri() {
        return URI.create("http://127.0.0.1:" + clickhouseHttpPort);
    }

    /** The user of ClickHouse. */
    public String clickHouseUser() {
        return installation.clickHouse().name();
    }

    /** The password of {@link #clickHouseUser()}. */
    public String clickHousePassword() {
        return installation.clickHouse().password();
    }

    /** The port of the FTP server. */
    int ftpPort() {
        return ftpPort;
    }

    /**
     * Creates the database {@code shop} with the table {@code orders (d Date, id UInt64, s
     * String)}; one that is there is dropped. Its parts are not merged, so that a DIFF holds what
     * was inserted since its base and no more.
     */
    public void createShop() {
        query("DROP DATABASE IF EXISTS shop");
        query("CREATE DATABASE shop");
        query(
                "CREATE TABLE shop.orders (d Date, id UInt64, s String)"
                        + " ENGINE = MergeTree(d, id, 8192)");
        query("SYSTEM STOP MERGES shop.orders");
    }

    /**
     * Inserts orders that hardly compress: some 134 bytes each on disk and in a backup. They follow
     * on those that are there, and are one part of the table.
     *
     * @param rows how many, up to a million
     */
    public void insertOrders(int rows) {
        query(
                "INSERT INTO shop.orders SELECT toDate('2026-01-15'), number + "
                        + query("SELECT count() FROM shop.orders")
                        + ", concat("
                        + "toString(SHA256(toString(rand64(1)))), toString(SHA256(toString(rand64(2)))),"
                        + " toString(SHA256(toString(rand64(3)))), toString(SHA256(toString(rand64(4)))))"
                        + " FROM system.numbers LIMIT "
                        + rows);
    }

    /** Starts each part that a test has ended and, because it failed, not started again. */
    public void startWhatIsDown() throws IOException {
        if (!processes.containsKey(Part.CLICKHOUSE)) {
            startClickHouse();
        }
        if (!processes.containsKey(Part.FTP)) {
            startFtp();
        }
        if (!processes.containsKey(Part.BACKUP_SERVER)) {
            startBackupServer();
        }
    }

    /** Ends ClickHouse as {@code kill -9} does. */
    public void killClickHouse() {
        kill(Part.CLICKHOUSE);
    }

    /** Starts ClickHouse again with the data that it had, and returns when it answers. */
    public void startClickHouse() throws IOException {
        List<String> command = new ArrayList<>();
        Optional<Path> server = find("clickhouse-server");
        if (server.isPresent()) {
            command.add(server.get().toString());
        } else {
            command.add(executable("clickhouse"));
            command.add("server");
        }
        command.add("--config-file=" + folder.resolve("clickhouse-config").resolve("config.xml"));
        run(
                Part.CLICKHOUSE,
                installation.clickHouseCommand(command),
                installation.environment(folder, ports()));
        HttpRequest ping =
                HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + clickhouseHttpPort + "/ping"))
                        .timeout(Duration.ofSeconds(5))
                        .build();
        awaitAnswer(Part.CLICKHOUSE, () -> answers(ping));
    }

    /** Ends the FTP server and cuts its sessions, also those that transfer. */
    public void stopFtp() {
        stop(Part.FTP);
    }

    /** Starts the FTP server again on the port that it had, with the files that it had. */
    public void startFtp() throws IOException {
        run(
                Part.FTP,
                List.of(
                        executable("pure-ftpd"),
                        "--bind=127.0.0.1," + ftpPort,
                        "--ipv4only",
                        "--dontresolve",
                        "--noanonymous",
                        "--login=puredb:" + folder.resolve("ftp.pdb"),
                        "--passiveportrange="
                                + firstPassivePort
                                + ":"
                                + (firstPassivePort + PASSIVE_PORTS - 1),
                        "--minuid=1",
                        "--maxclientsnumber=50",
                        "--maxclientsperip=50",
                        "--limitrecursion=20000:20",
                        "--altlog=clf:" + log(Part.FTP),
                        "--pidfile=" + folder.resolve("ftp.pid")));
        awaitAnswer(Part.FTP, this::ftpGreets);
    }

    /**
     * Limits what the FTP server takes and gives, for each session that logs in from now on.
     *
     * @param kilobytesPerSecond the limit; 0 lifts it
     */
    public void throttleFtp(int kilobytesPerSecond) throws IOException {
        String bytesPerSecond =
                kilobytesPerSecond == 0 ? "" : Long.toString(kilobytesPerSecond * 1024L);
        int owner = (Integer) Files.getAttribute(remoteFolder(), "unix:uid");
        int group = (Integer) Files.getAttribute(remoteFolder(), "unix:gid");
        Path accounts = folder.resolve("ftp.passwd");
        Files.writeString(
                accounts,
                String.join(
                                ":",
                                installation.ftp().name(),
                                installation.ftpPasswordHash(),
                                Integer.toString(owner),
                                Integer.toString(group),
                                "",
                                remoteFolder() + "/./",
                                bytesPerSecond,
                                bytesPerSecond)
                        + ":::::::::::\n");
        ran(
                List.of(
                        executable("pure-pw"),
                        "mkdb",
                        folder.resolve("ftp.pdb").toString(),
                        "-f",
                        accounts.toString()));
    }

    /** Ends the server of clickhouse-backup as {@code kill -9} does. */
    public void killBackupServer() {
        kill(Part.BACKUP_SERVER);
    }

    /** Starts the server of clickhouse-backup again, and returns when its API answers. */
    public void startBackupServer() throws IOException {
        startBackupServer(List.of(), Map.of());
    }

    /**
     * Starts the server of clickhouse-backup again, as one that leaves alone what it was doing when
     * it was killed. It has a setting for that; without it the same happens when anybody asks for a
     * list in its first milliseconds.
     */
    public void startBackupServerThatResumesNothing() throws IOException {
        startBackupServer(List.of(), Map.of("API_COMPLETE_RESUMABLE_AFTER_RESTART", "false"));
    }

    /** Whether {@link #startBackupServerAsProcess1()} can be used here. */
    public boolean canStartProcess1() {
        try {
            List<String> command = new ArrayList<>(PROCESS_1);
            command.add("true");
            ran(command);
            return true;
        } catch (IOException | IllegalStateException e) {
            return false;
        }
    }

    /**
     * Starts the server of clickhouse-backup again, with the process id that it has in a container.
     */
    public void startBackupServerAsProcess1() throws IOException {
        startBackupServer(PROCESS_1, Map.of());
    }

    private void startBackupServer(List<String> starter, Map<String, String> settings)
            throws IOException {
        List<String> command = new ArrayList<>(starter);
        command.addAll(
                installation.backupServerCommand(
                        binary, folder, folder.resolve("clickhouse-config"), ports()));
        Map<String, String> environment = new HashMap<>(installation.environment(folder, ports()));
        environment.putAll(settings);
        run(Part.BACKUP_SERVER, command, environment);
        HttpRequest status =
                HttpRequest.newBuilder(URI.create(apiUri() + "/backup/status"))
                        .header("Authorization", basic(username(), password()))
                        .timeout(Duration.ofSeconds(5))
                        .build();
        awaitAnswer(Part.BACKUP_SERVER, () -> answers(status));
    }

    /** Starts the server of clickhouse-backup again, with variables that it takes as settings. */
    void startBackupServerWith(Map<String, String> settings) throws IOException {
        startBackupServer(List.of(), settings);
    }

    private Installation.Ports ports() {
        return new Installation.Ports(clickhouseTcpPort, ftpPort, apiPort);
    }

    /** The files of a backup that the storage has, whole or not, relative to the backup. */
    public List<Path> storedFiles(String backup) {
        return files(remoteFolder().resolve("backup").resolve(backup));
    }

    /** The files of a local backup, whole or not, relative to the backup. */
    public List<Path> localFiles(String backup) {
        return files(clickhouseFolder().resolve("backup").resolve(backup));
    }

    /** Deletes all that was uploaded, and nothing of what the server knows. */
    public void emptyStorage() throws IOException {
        delete(remoteFolder().resolve("backup"));
    }

    /**
     * The calls that the server of clickhouse-backup was given in all its lives, in their order.
     */
    public List<String> apiCalls() {
        Pattern call = Pattern.compile("API call ([A-Z]+ \\S+)");
        return logTail(Part.BACKUP_SERVER, Integer.MAX_VALUE)
                .lines()
                .map(call::matcher)
                .filter(Matcher::find)
                .map(line -> line.group(1))
                .toList();
    }

    private Path clickhouseFolder() {
        return folder.resolve("clickhouse");
    }

    private static List<Path> files(Path parent) {
        List<Path> files = new ArrayList<>();
        try {
            // Files come and go meanwhile: what is gone when it is looked at is not there.
            Files.walkFileTree(
                    parent,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult visitFile(
                                Path file, BasicFileAttributes attributes) {
                            files.add(parent.relativize(file));
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFileFailed(Path file, IOException failure) {
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult postVisitDirectory(
                                Path visited, IOException failure) {
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    /** The last lines that a part wrote, of all its runs. */
    public String logTail(Part part, int lines) {
        try {
            List<String> all = new String(Files.readAllBytes(log(part)), UTF_8).lines().toList();
            return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
        } catch (NoSuchFileException e) {
            return "(" + part + " was not started)";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends every process and deletes the folder. */
    @Override
    public void close() {
        end();
        if (!isEndOfJvm()) {
            Runtime.getRuntime().removeShutdownHook(endOfJvm);
        }
    }

    private boolean isEndOfJvm() {
        return endOfJvm.getState() != Thread.State.NEW;
    }

    private synchronized void end() {
        // The API first: it uses the others.
        List.of(Part.BACKUP_SERVER, Part.FTP, Part.CLICKHOUSE).forEach(this::stop);
        try {
            delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void prepareClickHouse() throws IOException {
        Path data = Files.createDirectory(clickhouseFolder());
        Path config = Files.createDirectory(folder.resolve("clickhouse-config"));
        Files.writeString(
                config.resolve("config.xml"),
                """
                <?xml version="1.0"?>
                <yandex>
                    <logger><level>information</level><console>1</console></logger>
                    <listen_host>127.0.0.1</listen_host>
                    <http_port>%d</http_port>
                    <tcp_port>%d</tcp_port>
                    <path>%3$s/</path>
                    <tmp_path>%3$s/tmp/</tmp_path>
                    <user_files_path>%3$s/user_files/</user_files_path>
                    <users_config>users.xml</users_config>
                    <default_profile>default</default_profile>
                    <default_database>default</default_database>
                    <mark_cache_size>16777216</mark_cache_size>
                </yandex>
                """
                        .formatted(clickhouseHttpPort, clickhouseTcpPort, data));
        installation.writeClickHouse(config);
    }

    private void prepareFtp() throws IOException {
        boolean root = Integer.valueOf(0).equals(Files.getAttribute(folder, "unix:uid"));
        if (!root) {
            throw new IllegalStateException(
                    "pure-ftpd changes to another user and root folder: run the end-to-end tests as"
                            + " root, in a container for instance");
        }
        // The FTP user has to reach its own folder.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        Path remote = Files.createDirectory(remoteFolder());
        Files.setAttribute(remote, "unix:uid", FTP_USER_ID);
        Files.setAttribute(remote, "unix:gid", FTP_USER_ID);
        throttleFtp(0);
    }

    private String askVersion() throws IOException {
        Pattern number = Pattern.compile("\\d+\\.\\d+\\.\\d+");
        String said = ran(List.of(binary.toString(), "--version"));
        Matcher told = number.matcher(said.lines().findFirst().orElse(""));
        if (told.find()) {
            return told.group();
        }
        Matcher named = number.matcher(binary.getFileName().toString());
        return named.find() ? named.group() : "unknown";
    }

    private boolean ftpGreets() throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(loopback(), ftpPort), 1000);
            socket.setSoTimeout(1000);
            return socket.getInputStream().read() == '2';
        }
    }

    private boolean answers(HttpRequest request) {
        return send(request).statusCode() == 200;
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(request.uri() + ": " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + request.uri(), e);
        }
    }

    private void awaitAnswer(Part part, Callable<Boolean> answers) {
        Process process = processes.get(part);
        try {
            Awaitility.await(part + " to answer")
                    .atMost(START_LIMIT)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(POLL)
                    // Nobody listens yet: ask again.
                    .ignoreExceptionsMatching(
                            e -> e instanceof IOException || e instanceof UncheckedIOException)
                    .failFast(part + " ended", () -> !process.isAlive())
                    .until(answers);
        } catch (ConditionTimeoutException | TerminalFailureException e) {
            throw new IllegalStateException(
                    part + " did not start; the end of its log:\n" + logTail(part, 30), e);
        }
    }

    private void run(Part part, List<String> command) throws IOException {
        run(part, command, Map.of());
    }

    private void run(Part part, List<String> command, Map<String, String> settings)
            throws IOException {
        Process before = processes.get(part);
        if (before != null && before.isAlive()) {
            throw new IllegalStateException(part + " runs already");
        }
        ProcessBuilder builder = process(command);
        builder.environment().putAll(settings);
        processes.put(
                part,
                builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log(part).toFile()))
                        .start());
    }

    private void kill(Part part) {
        Process process = running(part);
        List<ProcessHandle> children = process.descendants().toList();
        children.forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        awaitEnd(process.toHandle(), STOP_LIMIT);
        children.forEach(child -> awaitEnd(child, STOP_LIMIT));
        processes.remove(part);
    }

    private Process running(Part part) {
        Process process = processes.get(part);
        if (process == null) {
            throw new IllegalStateException(part + " does not run");
        }
        return process;
    }

    private void stop(Part part) {
        Process process = processes.remove(part);
        if (process == null) {
            return;
        }
        // The sessions of the FTP server are processes of their own, and would outlive it.
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        children.forEach(ProcessHandle::destroyForcibly);
        // A server of clickhouse-backup 2.8 would wait half an hour for a running operation.
        if (!ended(process.toHandle(), STOP_LIMIT)) {
            process.destroyForcibly();
            awaitEnd(process.toHandle(), STOP_LIMIT);
        }
        children.forEach(child -> awaitEnd(child, STOP_LIMIT));
    }

    private static void awaitEnd(ProcessHandle process, Duration limit) {
        if (!ended(process, limit)) {
            throw new IllegalStateException("process " + process.pid() + " cannot be ended");
        }
    }

    private static boolean ended(ProcessHandle process, Duration limit) {
        CompletableFuture<ProcessHandle> exit = process.onExit();
        try {
            exit.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while ending " + process.pid(), e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("cannot wait for process " + process.pid(), e);
        }
    }

    /** Runs a short command to its end, and gives what it said. */
    private String ran(List<String> command) throws IOException {
        Path output = Files.createTempFile(folder, "command-", ".log");
        Process process = process(command).redirectOutput(output.toFile()).start();
        boolean ended = ended(process.toHandle(), STOP_LIMIT);
        if (!ended) {
            process.destroyForcibly();
        }
        String said = Files.readString(output);
        if (!ended || process.exitValue() != 0) {
            throw new IllegalStateException(
                    String.join(" ", command) + (ended ? " failed: " : " did not end: ") + said);
        }
        return said;
    }

    private ProcessBuilder process(List<String> command) {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        // clickhouse-backup takes settings from the environment: the developer's must not count.
        builder.environment().keySet().removeIf(name -> !name.equals("PATH") && !name.equals("TZ"));
        builder.environment().put("HOME", folder.toString());
        builder.environment().put("TMPDIR", folder.toString());
        return builder;
    }

    private Path log(Part part) {
        return folder.resolve(part.name().toLowerCase(Locale.ROOT) + ".log");
    }

    private static String executable(String name) {
        return find(name)
                .orElseThrow(() -> new IllegalStateException("no " + name + " on PATH"))
                .toString();
    }

    private static Optional<Path> find(String name) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.concat(
                        Arrays.stream(path.split(File.pathSeparator)),
                        // Where Debian has servers, which a normal user has not on PATH.
                        Stream.of("/usr/local/sbin", "/usr/sbin", "/sbin"))
                .filter(entry -> !entry.isEmpty())
                .map(entry -> Path.of(entry, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static String basic(String username, String password) {
        return "Basic "
                + Base64.getEncoder().encodeToString((username + ":" + password).getBytes(UTF_8));
    }

    private static InetAddress loopback() throws IOException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    }

    /**
     * Looks below the ports that Linux gives to outgoing connections, so that none is in the way.
     */
    private static int firstOfFreePorts(int count) throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            int first = ThreadLocalRandom.current().nextInt(20_000, 32_000 - count);
            if (areFree(first, count)) {
                return first;
            }
        }
        throw new IllegalStateException("no " + count + " free ports in a row");
    }

    private static boolean areFree(int first, int count) throws IOException {
        for (int port = first; port < first + count; port++) {
            try (ServerSocket probe = new ServerSocket()) {
                probe.bind(new InetSocketAddress(loopback(), port));
            } catch (BindException e) {
                return false;
            }
        }
        return true;
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path visited, IOException failure)
                            throws IOException {
                        if (failure != null) {
                            throw failure;
                        }
                        Files.delete(visited);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
