package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.internal.run.BackupRuns;
import io.github.clickhousebackupagent.internal.run.Run;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetsTest {

    private static final Run RUN = BackupRuns.proven("node", "FULL_A");

    private final Targets targets = targets("success");

    @ParameterizedTest
    @CsvSource({
        "you sent Basic YXBpOnN1Y2Nlc3M=, you sent Basic ******=",
        "you sent Basic YXBpOnN1Y2Nlc3M&#61;, you sent Basic ******&#61;",
        "api and success are wrong, api and ****** are wrong",
        "http://agent/callback/token is not there, http://agent/callback/****** is not there"
    })
    void aPageThatShowsTheCallIsShownWithoutItsSecrets(String page, String shown) {
        assertThat(targets.withoutSecrets(RUN, "node", page)).isEqualTo(shown);
    }

    @Test
    void aPasswordThatIsAWordOfTheApiChangesNoAnswer() {
        String answer = "{\"command\":\"create A\",\"status\":\"success\"}\n";

        assertThat(targets.withoutSecrets(RUN, "node", answer)).isEqualTo(answer);
    }

    @Test
    void anAnswerMayBeEmptyAndATargetWithoutCredentials() {
        assertThat(targets.withoutSecrets(null, "node", null)).isNull();
        assertThat(targets("").withoutSecrets(null, "node", "<html/>")).isEqualTo("<html/>");
        assertThat(targets(null).withoutSecrets(null, "node", "<html/>")).isEqualTo("<html/>");
    }

    private static Targets targets(String password) {
        String credentials =
                password == null ? "" : ", username: api, password: '" + password + "'";
        AgentConfig config =
                new ConfigLoader(Map.<String, String>of()::get, Clock.systemUTC())
                        .parse("t", "targets: { node: { url: 'http://n:1'" + credentials + " } }");
        return new Targets(config, null);
    }
}
