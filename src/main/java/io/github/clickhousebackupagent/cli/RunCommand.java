package io.github.clickhousebackupagent.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.route.Agent;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.logging.log4j.LogManager;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The agent itself: runs the schedules until it is stopped. */
@Command(
        name = "run",
        description = "Runs the schedules until it is told to stop (SIGTERM or Ctrl-C).",
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {

    @Mixin private Setup setup;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        AgentConfig config = setup.load();
        Agent agent = setup.background(config, Clock.systemUTC(), List.of());
        agent.onStarted(
                () ->
                        spec.commandLine()
                                .getErr()
                                .printf(
                                        "clickhouse-backup-agent is running: %d target(s), %d"
                                                + " schedule(s)%n",
                                        config.targets().size(), config.schedules().size())
                                .flush());
        int code = agent.run();
        LogManager.shutdown();
        return code;
    }
}
