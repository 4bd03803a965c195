package io.github.clickhousebackupagent.internal.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class EditStateTest {

    private static final Instant TIME = Instant.parse("2026-11-22T12:00:00Z");

    private static List<String> told(String... problems) {
        EditState refused = new EditState(TIME, 3, new EditState.Refused(TIME, List.of(problems)));
        EditState told = refused.withoutValues();
        assertThat(told.inForceSince()).isEqualTo(TIME);
        assertThat(told.taken()).isEqualTo(3);
        assertThat(told.refused().at()).isEqualTo(TIME);
        return told.refused().problems();
    }

    @Test
    void ofWhatIsRefusedOnlyThePlaceIsLeft() {
        String why =
                "refused; the log of the agent tells why, and the page and the API to whoever shows the token";
        assertThat(
                        told(
                                "/etc/agent.yaml:12: targets.a.password: found 'Hunter2'; allowed: x",
                                "/etc/agent.yaml:12: targets.a.password: found 'Hunter2'; allowed: y",
                                "routes/mine.camel.yaml:3: found 'Hunter2'; allowed: z"))
                .containsExactly("/etc/agent.yaml:12: " + why, "routes/mine.camel.yaml:3: " + why);
        // Without a place, or the second line of a value that has several.
        assertThat(
                        told(
                                "Hunter2: found x",
                                "routes: java.lang.IllegalStateException: Hunter2",
                                "'Hunter2.yaml:1: x'; allowed: y",
                                "  Hunter2.yaml:1: x",
                                "a Hunter2.yaml:1: x"))
                .containsExactly(why);
    }

    @Test
    void whatIsInForceIsToldAsItIs() {
        EditState fine = new EditState(TIME, 0, null);
        assertThat(fine.withoutValues()).isEqualTo(fine);
    }
}
