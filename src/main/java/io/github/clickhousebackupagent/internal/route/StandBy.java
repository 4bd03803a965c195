package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.HttpConfig;
import io.github.clickhousebackupagent.internal.report.RunLog;
import io.github.clickhousebackupagent.internal.run.StateDirectory;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Waits beside an agent that runs, to take its place when it is gone. It touches nothing of that
 * one: whoever takes its place goes on by the journals, as after a restart.
 */
public final class StandBy {

    private static final Logger LOG = LogManager.getLogger(RunLog.AGENT);

    /** A lock tells nobody that it is free, so somebody has to ask; that costs one system call. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private StandBy() {}

    /**
     * Returns when nobody has the state folder any more: somebody else may be quicker to take it.
     * Meanwhile {@code GET /observe/health} is answered, if the port can be had.
     *
     * @param routes the folder; null: those in the jar
     * @throws RouteException if the routes cannot be used, as then it could not take over
     * @throws ConfigException if there are none
     * @throws java.io.UncheckedIOException if the state folder cannot be read any more
     * @throws InterruptedException if the thread is
     */
    public static void await(AgentConfig config, Path routes, Clock clock)
            throws InterruptedException {
        Agent.check(config, routes, clock);
        try (Front front = front(config)) {
            LOG.info(
                    "clickhouse-backup-agent stands by: another agent runs on {}, and this one goes on in its place when it is gone{}",
                    config.stateDirectory(),
                    front == null ? "; probes are not answered until then" : "");
            while (StateDirectory.isTaken(config.stateDirectory())) {
                TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
            }
        }
        LOG.info(
                "clickhouse-backup-agent takes over: no agent runs on {} any more",
                config.stateDirectory());
    }

    /** Returns what answers probes; null where the agent that runs has the port, on one machine. */
    private static Front front(AgentConfig config) {
        HttpConfig http = config.http();
        try {
            Front front = Front.open(http.bind(), http.port());
            front.standBy();
            return front;
        } catch (ConfigException e) {
            LOG.debug("Probes are not answered: {}", e.getMessage());
            return null;
        }
    }
}
