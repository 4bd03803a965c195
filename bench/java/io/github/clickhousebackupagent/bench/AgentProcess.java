package io.github.clickhousebackupagent.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** An agent that runs in the background, as a process of its own. {@link #close()} stops it. */
final class AgentProcess implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final Process process;
    private final long startedAt = System.nanoTime();
    private final CountDownLatch ready = new CountDownLatch(1);
    private final List<String> lines = new ArrayList<>();
    private volatile long readyAt;

    private AgentProcess(
            List<String> command, Path directory, Path config, Map<String, String> environment)
            throws IOException {
        List<String> whole = new ArrayList<>(command);
        whole.addAll(List.of("run", "--config", config.toString()));
        ProcessBuilder builder =
                new ProcessBuilder(whole)
                        .directory(directory.toFile())
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        // Variables of whoever measures must not count.
        builder.environment()
                .keySet()
                .removeIf(name -> !List.of("PATH", "JAVA_HOME").contains(name));
        builder.environment().put("TZ", "UTC");
        builder.environment().putAll(environment);
        this.process = builder.start();
        Thread reader = new Thread(this::read, "agent-output");
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Starts an agent.
     *
     * @param command the program with its flags
     * @param directory where it is started
     * @param config its agent.yaml
     * @param environment added to that of the agent
     */
    static AgentProcess start(
            List<String> command, Path directory, Path config, Map<String, String> environment)
            throws IOException {
        return new AgentProcess(command, directory, config, environment);
    }

    private void read() {
        try (BufferedReader errors =
                new BufferedReader(
                        new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
            for (String line = errors.readLine(); line != null; line = errors.readLine()) {
                if (line.contains("clickhouse-backup-agent is running")) {
                    readyAt = System.nanoTime();
                    ready.countDown();
                }
                synchronized (lines) {
                    lines.add(line);
                }
            }
        } catch (IOException e) {
            synchronized (lines) {
                lines.add("its output cannot be read: " + e);
            }
        }
    }

    /** Waits until its schedules are armed, and returns how many seconds that took. */
    double awaitReady() throws InterruptedException {
        while (!ready.await(100, TimeUnit.MILLISECONDS)) {
            if (!process.isAlive() || System.nanoTime() - startedAt > LIMIT.toNanos()) {
                throw new IllegalStateException("the agent does not start:\n" + said());
            }
        }
        return (readyAt - startedAt) / 1e9;
    }

    /** Returns what it has said until now. */
    String said() {
        synchronized (lines) {
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 50), lines.size()));
        }
    }

    /**
     * Makes sure that it has not ended.
     *
     * @throws IllegalStateException if it has, with what it said
     */
    void requireAlive() {
        if (!process.isAlive()) {
            throw new IllegalStateException("the agent has ended:\n" + said());
        }
    }

    /** Returns what it takes of the machine. */
    Taken taken() throws IOException {
        requireAlive();
        return Taken.of(process.pid());
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
