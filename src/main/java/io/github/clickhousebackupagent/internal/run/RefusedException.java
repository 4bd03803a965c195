package io.github.clickhousebackupagent.internal.run;

import java.util.List;

/** What was ordered is not done, as it would destroy something. */
public final class RefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RefusedException(List<String> reasons) {
        super("refused: " + String.join("; ", reasons));
    }
}
