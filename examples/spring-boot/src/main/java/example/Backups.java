package example;

import io.github.clickhousebackupagent.BackupAgent;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigLoader;
import java.time.Clock;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** The agent, as it stands below {@code clickhouse-backup} in application.yaml. */
@Configuration
class Backups {

    private static final String KEYS = "clickhouse-backup";

    /** Camel takes it in as any other builder of routes. */
    @Bean
    BackupAgent backupAgent(Environment environment) {
        Map<String, Object> keys =
                Binder.get(environment)
                        .bind(KEYS, Bindable.mapOf(String.class, Object.class))
                        .orElseThrow(() -> new IllegalStateException("no " + KEYS));
        AgentConfig config =
                new ConfigLoader(environment::getProperty, Clock.systemUTC()).parse(KEYS, keys);
        return BackupAgent.builder(config).build();
    }
}
