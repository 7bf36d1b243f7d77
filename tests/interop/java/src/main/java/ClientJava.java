import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.*;

/** Apache Kafka's Java client against the Kafka port at args[0]: idempotent producer with every codec,
 * two members of a group, the admin client. */
public class ClientJava {
    static String broker;
    static String run = Long.toHexString(System.nanoTime());

    static void check(String what, boolean ok) {
        System.out.println((ok ? "ok   " : "FAIL ") + what);
        if (!ok)
            System.exit(1);
    }

    static KafkaConsumer<String, String> consumer(String group, String assignor) {
        Properties p = new Properties();
        p.put("bootstrap.servers", broker);
        p.put("group.id", group);
        p.put("auto.offset.reset", "earliest");
        p.put("heartbeat.interval.ms", "300");
        p.put("session.timeout.ms", "6000");
        p.put("isolation.level", "read_committed");
        if (assignor != null)
            p.put("partition.assignment.strategy", assignor);
        return new KafkaConsumer<>(p, new StringDeserializer(), new StringDeserializer());
    }

    static void codecs() throws Exception {
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            String topic = "java-" + codec + "-" + run;
            Properties p = new Properties();
            p.put("bootstrap.servers", broker);
            p.put("compression.type", codec);
            p.put("linger.ms", "5");
            try (var producer = new KafkaProducer<>(p, new StringSerializer(), new StringSerializer())) {
                for (int i = 0; i < 1000; i++)
                    producer.send(new ProducerRecord<>(topic, 0, "k" + i, "value " + i));
            }
            List<String> got = new ArrayList<>();
            try (var c = consumer(topic, null)) {
                c.subscribe(List.of(topic));
                for (int i = 0; i < 100 && got.size() < 1000; i++)
                    for (var r : c.poll(Duration.ofMillis(200)))
                        got.add(r.offset() + r.key() + r.value());
                c.commitSync();
                var tp = new TopicPartition(topic, 0);
                check(codec + ": committed", c.committed(Set.of(tp)).get(tp).offset() == 1000);
                check(codec + ": offset for time",
                      c.offsetsForTimes(Map.of(tp, 1L)).get(tp).offset() == 0);
            }
            boolean same = got.size() == 1000;
            for (int i = 0; same && i < 1000; i++)
                same = got.get(i).equals(i + "k" + i + "value " + i);
            check(codec + ": what was sent came back", same);
        }
    }

    static void group(String name, String assignor) throws Exception {
        String topic = "java-" + name + "-" + run;
        try (var admin = Admin.create(Map.of("bootstrap.servers", broker))) {
            admin.createTopics(List.of(new NewTopic(topic, 4, (short) 1))).all().get();
            try (var a = consumer(topic, assignor)) {
                a.subscribe(List.of(topic));
                var b = consumer(topic, assignor);
                b.subscribe(List.of(topic));
                for (int i = 0; i < 200 && (a.assignment().size() != 2 || b.assignment().size() != 2); i++) {
                    a.poll(Duration.ofMillis(50));
                    b.poll(Duration.ofMillis(50));
                }
                check(name + ": two share", a.assignment().size() == 2 && b.assignment().size() == 2);
                var d = admin.describeConsumerGroups(List.of(topic)).all().get().get(topic);
                check(name + ": described", d.members().size() == 2);
                b.close();
                for (int i = 0; i < 200 && a.assignment().size() != 4; i++)
                    a.poll(Duration.ofMillis(50));
                check(name + ": the one left has all", a.assignment().size() == 4);
            }
        }
    }

    static void administration() throws Exception {
        String topic = "java-admin-" + run;
        try (var admin = Admin.create(Map.of("bootstrap.servers", broker))) {
            var made = admin.createTopics(List.of(new NewTopic(topic, Optional.of(2), Optional.empty())
                .configs(Map.of("retention.ms", "1234567"))));
            made.all().get();
            check("topic id", !made.topicId(topic).get().toString().isEmpty());
            check("described", admin.describeTopics(List.of(topic)).allTopicNames().get()
                .get(topic).partitions().size() == 2);
            admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();
            check("grown", admin.describeTopics(List.of(topic)).allTopicNames().get()
                .get(topic).partitions().size() == 5);
            var res = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            check("config", admin.describeConfigs(List.of(res)).all().get().get(res)
                .get("retention.ms").value().equals("1234567"));
            admin.incrementalAlterConfigs(Map.of(res, List.of(
                new AlterConfigOp(new ConfigEntry("retention.ms", "7654321"), AlterConfigOp.OpType.SET),
                new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"),
                                  AlterConfigOp.OpType.APPEND)))).all().get();
            var after = admin.describeConfigs(List.of(res)).all().get().get(res);
            check("altered", after.get("retention.ms").value().equals("7654321")
                && after.get("cleanup.policy").value().equals("delete,compact"));
            try {
                admin.incrementalAlterConfigs(Map.of(res, List.of(new AlterConfigOp(
                    new ConfigEntry("retention.ms", "many"), AlterConfigOp.OpType.SET)))).all().get();
                check("a bad value is refused", false);
            } catch (ExecutionException e) {
                check("a bad value is refused: " + e.getCause().getMessage(), true);
            }
            var tp = new TopicPartition("java-none-" + run, 0);
            var low = admin.deleteRecords(Map.of(tp, RecordsToDelete.beforeOffset(400))).lowWatermarks();
            check("records deleted", low.get(tp).get().lowWatermark() == 400);
            check("earliest offset", admin.listOffsets(Map.of(tp, OffsetSpec.earliest())).all().get()
                .get(tp).offset() == 400);
            check("greatest timestamp", admin.listOffsets(Map.of(tp, OffsetSpec.maxTimestamp())).all()
                .get().get(tp).offset() >= 400);
            check("cluster", admin.describeCluster().nodes().get().size() == 1);
            check("broker config", admin.describeConfigs(List.of(new ConfigResource(
                ConfigResource.Type.BROKER, "1"))).all().get().size() == 1);
            check("groups", admin.listConsumerGroups().all().get().stream()
                .anyMatch(g -> g.groupId().equals("java-none-" + run)));
            admin.deleteConsumerGroups(List.of("java-none-" + run)).all().get();
            admin.deleteTopics(List.of(topic)).all().get();
            check("deleted", !admin.listTopics().names().get().contains(topic));
        }
    }

    public static void main(String[] args) throws Exception {
        broker = args[0];
        codecs();
        group("range", "org.apache.kafka.clients.consumer.RangeAssignor");
        group("cooperative", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
        administration();
    }
}
