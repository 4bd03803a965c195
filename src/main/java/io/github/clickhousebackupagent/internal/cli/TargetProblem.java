package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.api.ApiException;
import java.io.IOException;

/**
 * Why a target did not give the answer that a command needs.
 *
 * @param message for people
 * @param exitCode what the command says to the shell
 */
record TargetProblem(String message, int exitCode) {

    static TargetProblem of(Exception problem) {
        if (problem instanceof ApiException api) {
            return new TargetProblem(
                    api.getMessage(),
                    api.kind() == ApiException.Kind.LOCKED ? ExitCode.BUSY : ExitCode.FAILED);
        }
        if (problem instanceof IOException) {
            return new TargetProblem("no answer: " + problem.getMessage(), ExitCode.UNREACHABLE);
        }
        return new TargetProblem(StartProblems.explain(problem), ExitCode.FAILED);
    }
}
