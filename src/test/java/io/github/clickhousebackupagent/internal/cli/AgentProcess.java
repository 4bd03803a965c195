package io.github.clickhousebackupagent.internal.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The agent as a user starts it: the start script of the distribution, as a process of its own.
 *
 * <p>{@link #close()} ends the process if it has not ended. Not thread-safe.
 */
public final class AgentProcess implements AutoCloseable {

    /** The system property that names the folder of the distribution. */
    public static final String DISTRIBUTION = "distribution";

    private static final int SIGINT = 2;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final long startedAt = System.nanoTime();
    private final Path output;
    private final Path errors;

    private AgentProcess(
            Path directory, Map<String, String> environment, String typed, List<String> arguments)
            throws IOException {
        List<String> command = new ArrayList<>(withCtrlC());
        command.add(
                Path.of(System.getProperty(DISTRIBUTION), "bin", "clickhouse-backup-agent")
                        .toString());
        command.addAll(arguments);
        this.output = Files.createTempFile(directory, "agent-", ".out");
        this.errors = Files.createTempFile(directory, "agent-", ".err");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectOutput(output.toFile())
                        .redirectError(errors.toFile());
        // Variables such as API_PASSWORD or LOG_FORMAT of the developer must not count.
        builder.environment()
                .keySet()
                .removeIf(name -> !List.of("PATH", "JAVA_HOME", "TZ").contains(name));
        builder.environment().putAll(environment);
        this.process = builder.start();
        try (OutputStream terminal = process.getOutputStream()) {
            terminal.write(typed.getBytes(StandardCharsets.UTF_8));
        }
    }

    /**
     * Returns what a command is to be started with, so that Ctrl-C reaches it: what a shell runs in
     * the background ignores that, and so does all that is started from there.
     */
    private static List<String> withCtrlC() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return List.of();
        }
        boolean ignored =
                Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .map(line -> new BigInteger(line.split("\\s+")[1], 16))
                        .anyMatch(signals -> signals.testBit(SIGINT - 1));
        return ignored ? List.of("env", "--default-signal=INT") : List.of();
    }

    /**
     * Starts a command.
     *
     * @param directory where it is started; what it prints is kept there
     */
    public static AgentProcess start(Path directory, String... arguments) throws IOException {
        return start(directory, Map.of(), arguments);
    }

    /**
     * Starts a command with variables in its environment.
     *
     * @param directory where it is started; what it prints is kept there
     */
    public static AgentProcess start(
            Path directory, Map<String, String> environment, String... arguments)
            throws IOException {
        return new AgentProcess(directory, environment, "", List.of(arguments));
    }

    /**
     * Starts a command and types into it, as somebody at a terminal does.
     *
     * @param directory where it is started; what it prints is kept there
     */
    public static AgentProcess typing(
            Path directory, Map<String, String> environment, String typed, String... arguments)
            throws IOException {
        return new AgentProcess(directory, environment, typed, List.of(arguments));
    }

    /**
     * What a command left.
     *
     * @param exitCode what it said to the shell
     * @param output its stdout
     * @param errors its stderr
     * @param took from its start to its end, the start of the JVM included
     */
    public record Ended(int exitCode, String output, String errors, Duration took) {

        /** Returns stdout, which is to be one JSON value. */
        public JsonNode json() {
            try {
                return JSON.readTree(output);
            } catch (JsonProcessingException e) {
                throw new AssertionError("not JSON: " + output + "\n" + errors, e);
            }
        }

        /** Returns the outcome of the only run. */
        public JsonNode run() {
            JsonNode runs = json();
            if (runs.size() != 1) {
                throw new AssertionError("expected one run: " + output + "\n" + errors);
            }
            return runs.get(0);
        }
    }

    /** Waits for its end. */
    public Ended ended() throws InterruptedException {
        if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("did not end within " + LIMIT + ":\n" + errors());
        }
        Duration took = Duration.ofNanos(System.nanoTime() - startedAt);
        return new Ended(process.exitValue(), read(output), errors(), took);
    }

    /** Sends SIGTERM, as a service manager does. */
    public void terminate() {
        process.destroy();
    }

    /** Sends SIGINT, as Ctrl-C does. */
    public void interrupt() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    }

    /** Sends SIGKILL, and waits until the process is gone, with all that it had locked. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("is not gone within " + LIMIT + " of SIGKILL");
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** What the system's list of processes shows of it to all users. */
    String commandLine() {
        return process.info().commandLine().orElseThrow();
    }

    /** The processes that it has started, and those that they have. */
    List<ProcessHandle> descendants() {
        return process.descendants().toList();
    }

    /** What it has printed to stderr so far. */
    public String errors() {
        return read(errors);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
