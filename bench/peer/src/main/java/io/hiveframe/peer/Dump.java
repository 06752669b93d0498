package io.hiveframe.peer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * Prints the committed records of a topic, one JSON object a line; key, value and header values in base64.
 * {@code --values no} leaves out the values.
 */
public final class Dump {
  private Dump() {}

  public static void main(String[] args) throws Exception {
    Arguments arguments = new Arguments(args, "BROKERS", "TOPIC");
    boolean values = arguments.text("values", "yes").equals("yes");
    try (OutputStream out = new BufferedOutputStream(System.out);
        JsonGenerator json = new JsonFactory().createGenerator(out).setRootValueSeparator(null)) {
      Clients.readAll(arguments.word(0), arguments.word(1), record -> write(json, record, values));
    }
  }

  private static void write(JsonGenerator json, ConsumerRecord<byte[], byte[]> record, boolean values)
      throws IOException {
    json.writeStartObject();
    json.writeNumberField("partition", record.partition());
    json.writeNumberField("offset", record.offset());
    json.writeNumberField("timestampMs", record.timestamp());
    writeBytes(json, "key", record.key());
    if (values) writeBytes(json, "value", record.value());
    json.writeObjectFieldStart("headers");
    for (Header header : record.headers()) writeBytes(json, header.key(), header.value());
    json.writeEndObject();
    json.writeEndObject();
    json.writeRaw('\n');
  }

  private static void writeBytes(JsonGenerator json, String name, byte[] bytes) throws IOException {
    if (bytes == null) json.writeNullField(name);
    else json.writeBinaryField(name, bytes);
  }
}
