package io.github.clickhousebackupagent.internal.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the page is made of is there, and nothing else. */
class PageFilesTest {

    private static final Pattern NAMED =
            Pattern.compile("(?:from |import\\(|src=|href=)['\"](?:\\./|page/)([^'\"]+)['\"]");

    private final PageFiles files = new PageFiles();

    @Test
    void thePageAndAllThatItNamesIsServed() {
        assertThat(files.answer("/page/index.html", null).contentType())
                .isEqualTo("text/html; charset=utf-8");
        for (String file : PageFiles.FILES.keySet()) {
            PageFiles.Answer answer = files.answer(PageFiles.BASE + file, null);
            assertThat(answer.status()).as(file).isEqualTo(200);
            assertThat(answer.body()).as(file).isNotBlank();
            if (file.startsWith("uPlot")) {
                continue;
            }
            Matcher named = NAMED.matcher(answer.body());
            while (named.find()) {
                assertThat(PageFiles.FILES).as(file).containsKey(named.group(1));
            }
            assertThat(answer.body()).as(file).doesNotContain("innerHTML", " style=", "eval(");
        }
    }

    @Test
    void noPathLeadsAnywhereElse() {
        for (String path :
                List.of(
                        "/page",
                        "/page/",
                        "/page/../openapi.yaml",
                        "/page/%2e%2e/openapi.yaml",
                        "/page/..%2fopenapi.yaml",
                        "/page//app.js",
                        "/page/app.js/",
                        "/page/APP.JS",
                        "/etc/passwd",
                        "//")) {
            assertThat(files.answer(path, null).status()).as(path).isEqualTo(404);
        }
    }

    @Test
    void whoHasAFileIsNotSentItAgain() {
        PageFiles.Answer first = files.answer("/page/app.js?v=1", null);
        assertThat(files.answer("/page/app.js", first.tag()))
                .isEqualTo(new PageFiles.Answer(304, null, first.tag(), null));
        assertThat(files.answer("/page/app.js", "W/" + first.tag()).status()).isEqualTo(304);
        assertThat(files.answer("/page/app.js", "\"other\"").status()).isEqualTo(200);
        assertThat(files.answer("/page/api.js", first.tag()).status()).isEqualTo(200);
    }
}
