/** Words and figures for people. */
package io.github.clickhousebackupagent.internal.text;
