package io.github.clickhousebackupagent.internal.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.config.ConfigLoader;
import java.util.Map;
import java.util.concurrent.Callable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Tells of the configuration. */
@Command(
        name = "config",
        description = "Shows the configuration or its schema.",
        subcommands = {ConfigCommand.Schema.class, ConfigCommand.Show.class})
final class ConfigCommand implements Runnable {

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command; allowed: schema, show");
    }

    /** The schema. */
    @Command(name = "schema", description = "Prints the JSON Schema of the configuration.")
    static final class Schema implements Callable<Integer> {

        @Spec private CommandSpec spec;

        @Override
        public Integer call() {
            spec.commandLine().getOut().print(ConfigLoader.schemaText());
            spec.commandLine().getOut().flush();
            return ExitCode.DONE;
        }
    }

    /** The configuration in force. */
    @Command(
            name = "show",
            description = "Prints the configuration with each default, and each secret hidden.")
    static final class Show implements Callable<Integer> {

        @Mixin private ConfigOption configuration;

        @Option(names = "--json", description = "Prints it as JSON.")
        private boolean json;

        @Spec private CommandSpec spec;

        @Override
        public Integer call() {
            JsonNode tree = ConfigLoader.show(configuration.load());
            Console console = Console.of(spec);
            if (json) {
                console.json(tree);
                return ExitCode.DONE;
            }
            DumpSettings settings =
                    DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build();
            Map<?, ?> values = new ObjectMapper().convertValue(tree, Map.class);
            console.line(new Dump(settings).dumpToString(values).stripTrailing());
            return ExitCode.DONE;
        }
    }
}
