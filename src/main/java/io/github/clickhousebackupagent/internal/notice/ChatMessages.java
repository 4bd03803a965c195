package io.github.clickhousebackupagent.internal.notice;

import io.github.clickhousebackupagent.event.Notice;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes messages for chats that read what Slack reads. Thread-safe. */
public final class ChatMessages {

    /** Longer texts are cut off by the chat, or refused. */
    private static final int MOST = 3_000;

    /** Returns the message as an object of JSON: a line, and an attachment with the rest. */
    public Map<String, Object> of(Notice notice) {
        List<Map<String, Object>> fields = new ArrayList<>();
        field(fields, "Backup", notice.cause().backup());
        field(fields, "Stage", notice.cause().stage());
        field(fields, "Schedule", notice.cause().schedule());
        field(fields, "Run", notice.cause().run());
        Map<String, Object> attachment = new LinkedHashMap<>();
        attachment.put("color", color(notice));
        attachment.put("fallback", escape(notice.title()));
        attachment.put("text", escape(notice.text()));
        attachment.put("fields", fields);
        attachment.put("ts", notice.time().getEpochSecond());
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("text", escape(notice.title()));
        message.put("attachments", List.of(attachment));
        return message;
    }

    private static void field(List<Map<String, Object>> fields, String title, String value) {
        if (value != null && !value.isEmpty()) {
            fields.add(Map.of("title", title, "value", escape(value), "short", true));
        }
    }

    private static String color(Notice notice) {
        boolean good = notice.trouble() == null || notice.state().equals("recovered");
        return good ? "good" : notice.level().equals(Level.ERROR.word()) ? "danger" : "warning";
    }

    /** What an error says must not mention everybody, nor be a link. */
    private static String escape(String text) {
        String cut = text.length() <= MOST ? text : text.substring(0, MOST) + "...";
        return cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
