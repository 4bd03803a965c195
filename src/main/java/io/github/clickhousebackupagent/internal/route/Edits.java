package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.config.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Looks for edits of the routes and of the configuration. What the file system tells of the files
 * says when to read them, and now and then they are read anyway, as a clock may stand still; an
 * edit counts when two looks find the same, as a file may be written in pieces.
 */
final class Edits implements AutoCloseable {

    private static final Logger LOG = LogManager.getLogger(Edits.class);

    /** How often it is looked whether something is new. */
    static final Duration PAUSE = Duration.ofSeconds(1);

    /** After how long what is new is looked at again. */
    private static final Duration SETTLING = Duration.ofMillis(200);

    /** How often the files are read, whatever the file system tells of them. */
    private static final Duration READ = Duration.ofSeconds(10);

    /** After how long an edit that was refused is tried again. */
    private static final Duration AGAIN = Duration.ofSeconds(10);

    /**
     * What stands in the files.
     *
     * @param config text of the configuration; null: it is not followed
     * @param secrets what the files hold that the configuration in force names; nothing of those
     *     that cannot be read
     * @param routes the files of the routes; null: they are not followed
     * @param unreadable why they cannot be read; null: they can
     */
    record Seen(String config, Map<Path, Secret> secrets, RouteFiles routes, String unreadable) {}

    private final Path configFile;
    private final Path folder;
    private final Duration pause;
    private final Supplier<AgentConfig> config;
    private final Predicate<Seen> taker;
    private final ScheduledThreadPoolExecutor executor =
            new ScheduledThreadPoolExecutor(
                    1,
                    task -> {
                        Thread thread = new Thread(task, "agent-edits");
                        thread.setDaemon(true);
                        return thread;
                    });

    /** Nothing at first: an edit may have come after the configuration was read. */
    private Seen told;

    private Seen before;
    private Stamps stamps;
    private long readAt;
    private boolean taken = true;
    private long triedAt;

    /**
     * @param configFile the configuration; null: it is not followed
     * @param folder the folder of the routes; null: they are not followed
     * @param pause how often it is looked
     * @param config the configuration that is in force
     * @param taker is given what is new, and again after a while where it returns that it did not
     *     take it up
     */
    Edits(
            Path configFile,
            Path folder,
            Duration pause,
            Supplier<AgentConfig> config,
            Predicate<Seen> taker) {
        this.configFile = configFile;
        this.folder = folder;
        this.pause = pause;
        this.config = config;
        this.taker = taker;
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /**
     * Returns what stands in the files now.
     *
     * @param inForce names the files of secrets
     */
    static Seen look(Path configFile, Path folder, AgentConfig inForce) {
        try {
            return new Seen(
                    configFile == null ? null : read(configFile),
                    configFile == null ? Map.of() : secrets(inForce),
                    folder == null ? null : RouteFiles.read(folder),
                    null);
        } catch (ConfigException e) {
            return new Seen(null, Map.of(), null, e.getMessage());
        }
    }

    private static Map<Path, Secret> secrets(AgentConfig config) {
        Map<Path, Secret> secrets = new HashMap<>();
        for (Path file : secretFiles(config)) {
            try {
                secrets.put(file, new Secret(Files.readString(file)));
            } catch (IOException e) {
                LOG.debug("{} cannot be read: the loader says so", file, e);
            }
        }
        return secrets;
    }

    private static Set<Path> secretFiles(AgentConfig config) {
        return Stream.concat(
                        config.targets().values().stream()
                                .flatMap(
                                        target ->
                                                Stream.of(
                                                        target.passwordFile(),
                                                        target.clickhousePasswordFile())),
                        Stream.concat(
                                Stream.of(config.http().tokenFile()),
                                Stream.ofNullable(config.http().tls())
                                        .flatMap(
                                                tls ->
                                                        Stream.of(
                                                                tls.certificateFile(),
                                                                tls.keyFile()))))
                .filter(Objects::nonNull)
                .collect(Collectors.toSet());
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new ConfigException(file + ": found no file; allowed: the configuration");
        } catch (IOException e) {
            throw new ConfigException(
                    file
                            + ": found a file that cannot be read ("
                            + e.getMessage()
                            + "); allowed: a readable one");
        }
    }

    /** Returns the configuration that a text of the followed file holds. */
    AgentConfig config(String text) {
        return ConfigLoader.system().parse(configFile.toString(), text);
    }

    void start() {
        lookIn(pause);
    }

    private void lookIn(Duration delay) {
        try {
            executor.schedule(this::lookAgain, delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("It is over", e);
        }
    }

    private void lookAgain() {
        Duration next = pause;
        try {
            Seen now = lookCheaply();
            boolean settled = Objects.equals(now, before);
            before = now;
            if (!settled) {
                next = pause.compareTo(SETTLING) < 0 ? pause : SETTLING;
                return;
            }
            // What it is refused for may be elsewhere: a port, a file of a secret to come.
            boolean again = !taken && System.nanoTime() - triedAt > AGAIN.toNanos();
            if (again || !Objects.equals(now, told)) {
                told = now;
                triedAt = System.nanoTime();
                taken = false; // Until it is known, whatever goes wrong.
                taken = taker.test(now);
                before = null; // What is in force now may name other files.
            }
        } catch (Throwable e) {
            // The next look may be luckier, and must happen.
            LOG.error("Edits of the routes could not be looked for", e);
        } finally {
            lookIn(next);
        }
    }

    /** Reads the files only where there is a reason to. */
    private Seen lookCheaply() {
        boolean asBefore =
                before != null
                        && System.nanoTime() - readAt < READ.toNanos()
                        && stamps.areOld()
                        && stamps.equals(stamps.again());
        if (asBefore) {
            return before;
        }
        stamps = Stamps.of(configFile, folder, secretFiles(config.get()));
        readAt = System.nanoTime();
        return look(configFile, folder, config.get());
    }

    /** Returns whether the files still hold this. */
    boolean isStill(Seen edit) {
        return look(configFile, folder, config.get()).equals(edit);
    }

    @Override
    public void close() {
        executor.shutdown();
        try {
            // An exchange of the routes that is under way must not begin anew what was ended.
            if (!executor.awaitTermination(1, TimeUnit.MINUTES)) {
                LOG.warn("An exchange of the routes is left behind");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
