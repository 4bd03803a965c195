package example;

import io.github.clickhousebackupagent.BackupAgent;
import io.github.clickhousebackupagent.config.ConfigLoader;
import java.nio.file.Path;
import org.apache.camel.main.Main;

/** Loads data every night, and backs it up. */
public final class Application {

    private Application() {}

    public static void main(String[] args) throws Exception {
        BackupAgent agent =
                BackupAgent.builder(ConfigLoader.system().load(Path.of("agent.yaml"))).build();
        System.exit(with(agent).run(args));
    }

    /** The routes in resources/camel, and the agent beside them. */
    static Main with(BackupAgent agent) {
        Main main = new Main(Application.class);
        main.configure().addRoutesBuilder(agent);
        return main;
    }
}
