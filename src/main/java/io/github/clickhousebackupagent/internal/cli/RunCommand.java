package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.report.RunLog;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.route.StandBy;
import io.github.clickhousebackupagent.internal.run.AgentRunningException;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The agent itself: runs the schedules until it is stopped. */
@Command(
        name = RunCommand.NAME,
        description = "Runs the schedules until stopped (SIGTERM or Ctrl-C).")
final class RunCommand implements Callable<Integer> {

    static final String NAME = "run";

    @Mixin private ConfigOption configuration = new ConfigOption();

    @Mixin private RoutesOption routes = new RoutesOption();

    @Option(
            names = "--stand-by",
            description =
                    "If another agent has the state folder: waits until it is gone, and takes over.")
    private boolean standBy;

    /** Does it without options, and returns the exit code. */
    static int plain() {
        try {
            return new RunCommand().call();
        } catch (Exception e) {
            return StartProblems.tell(e, new PrintWriter(System.err, true));
        }
    }

    @Override
    public Integer call() throws Exception {
        while (true) {
            // Read anew after a wait: it may have been edited since, and runs as it is now.
            AgentConfig config = configuration.load();
            try {
                return run(config);
            } catch (AgentRunningException e) {
                if (!standBy) {
                    throw e;
                }
                StandBy.await(config, routes.folder(), Clock.systemUTC());
            }
        }
    }

    private int run(AgentConfig config) throws InterruptedException {
        Agent agent = routes.background(config, Clock.systemUTC(), List.of(), configuration.file());
        // Not of the class: it would wait for the log, which opens beside all of this.
        Logger log = LogManager.getLogger(RunLog.AGENT);
        agent.onStarted(
                () ->
                        log.info(
                                "clickhouse-backup-agent is running: {} target(s), {} schedule(s)",
                                config.targets().size(),
                                config.schedules().size()));
        agent.onStopped(
                () -> {
                    log.info("clickhouse-backup-agent has stopped");
                    LogManager.shutdown();
                });
        agent.run();
        return ExitCode.DONE;
    }
}
