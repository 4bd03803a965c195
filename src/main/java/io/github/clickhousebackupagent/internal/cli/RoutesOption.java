package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.HttpConfig;
import io.github.clickhousebackupagent.internal.report.RunLog;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.run.RunListener;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The option that names the routes, and agents with them. */
final class RoutesOption {

    @Option(
            names = "--routes",
            paramLabel = "DIR",
            description = "The folder of the routes (default: routes).")
    private Path routesDirectory;

    /**
     * Returns the folder of the routes; null for those in the jar, which is all an embedder has.
     */
    Path folder() {
        if (routesDirectory != null) {
            return routesDirectory;
        }
        Path routes = Main.home().resolve("routes");
        return Files.isDirectory(routes) ? routes : null;
    }

    /** Returns an agent for one command: no schedules, and a port of its own for callbacks. */
    Agent foreground(AgentConfig config, Clock clock, List<RunListener> more) {
        HttpConfig http = config.http();
        boolean auto = http.callbackUrl().equals(HttpConfig.AUTO);
        HttpConfig own = new HttpConfig(http.bind(), 0, auto ? HttpConfig.AUTO : HttpConfig.OFF);
        return agent(config.with(own), false, clock, more, null);
    }

    /** Returns an agent for a command that makes no backup: nobody calls it back. */
    Agent quiet(AgentConfig config) {
        HttpConfig none = new HttpConfig(config.http().bind(), 0, HttpConfig.OFF);
        return foreground(config.with(none), Clock.systemUTC(), List.of());
    }

    /**
     * Returns an agent whose schedules fire.
     *
     * @param configFile the file whose edits are taken up; null: none
     */
    Agent background(AgentConfig config, Clock clock, List<RunListener> more, Path configFile) {
        return agent(config, true, clock, more, configFile);
    }

    private Agent agent(
            AgentConfig config,
            boolean schedules,
            Clock clock,
            List<RunListener> more,
            Path configFile) {
        requireWritable("log-directory", config.logDirectory());
        requireWritable("state-directory", config.stateDirectory());
        return new Agent(
                config,
                new Agent.Options(
                        folder(), schedules, now -> listeners(now, clock, more), configFile),
                clock);
    }

    private static List<RunListener> listeners(
            AgentConfig config, Clock clock, List<RunListener> more) {
        RunLog log = new RunLog(config, clock);
        log.open();
        // Before the log: a line that is overwritten must be gone when the next one is written.
        List<RunListener> listeners = new ArrayList<>(more);
        listeners.add(log);
        return listeners;
    }

    private static void requireWritable(String key, Path directory) {
        try {
            Files.createDirectories(directory);
            Path probe = Files.createTempFile(directory, ".writable", "");
            Files.delete(probe);
        } catch (IOException e) {
            throw new ConfigException(
                    "%s: found %s, which cannot be written (%s); allowed: a folder that the agent may write to"
                            .formatted(
                                    key,
                                    directory,
                                    e instanceof AccessDeniedException
                                            ? "permission denied"
                                            : e.toString()));
        }
    }
}
