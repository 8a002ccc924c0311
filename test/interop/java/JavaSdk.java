import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.milvus.client.MilvusServiceClient;
import io.milvus.grpc.ImportState;
import io.milvus.orm.iterator.QueryIterator;
import io.milvus.orm.iterator.SearchIteratorV2;
import io.milvus.param.ConnectParam;
import io.milvus.param.bulkinsert.BulkInsertParam;
import io.milvus.param.bulkinsert.GetBulkInsertStateParam;
import io.milvus.response.BulkInsertResponseWrapper;
import io.milvus.response.GetBulkInsertStateWrapper;
import io.milvus.v2.client.ConnectConfig;
import io.milvus.v2.client.MilvusClientV2;
import io.milvus.v2.common.ConsistencyLevel;
import io.milvus.v2.common.DataType;
import io.milvus.v2.common.IndexParam;
import io.milvus.v2.exception.MilvusClientException;
import io.milvus.v2.service.collection.request.*;
import io.milvus.v2.service.index.request.*;
import io.milvus.v2.service.partition.request.*;
import io.milvus.v2.service.utility.request.*;
import io.milvus.v2.service.vector.request.*;
import io.milvus.v2.service.vector.request.data.*;
import io.milvus.v2.service.vector.request.ranker.RRFRanker;
import io.milvus.v2.service.vector.response.*;
import java.nio.file.*;
import java.util.*;

/** A program as users of the Java SDK write it: it ends with an error where the server is not the one they know. */
class JavaSdk {
  static final String NAME = "java_sdk";
  static final int ROWS = 1000, DIM = 8;
  static final long FIRST = 1L << 60;
  static final Gson GSON = new Gson();

  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    MilvusClientV2 client = new MilvusClientV2(ConnectConfig.builder().uri("http://127.0.0.1:" + port).build());
    create(client);
    insert(client);
    importRows(port, Path.of(args[1]));
    expect(count(client, "") == ROWS, "rows after the import: " + count(client, ""));
    search(client);
    searchTwoFields(client);
    query(client);
    iterate(client);
    change(client);
    administer(client);
    client.dropCollection(DropCollectionReq.builder().collectionName(NAME).build());
    expect(!client.hasCollection(HasCollectionReq.builder().collectionName(NAME).build()), "it is still there");
    quick(client);
    client.close(5);
    System.out.println("{\"sdk\": \"java\", \"ok\": true}");
    System.exit(0);
  }

  static void create(MilvusClientV2 client) {
    CreateCollectionReq.CollectionSchema schema = client.createSchema();
    schema.setEnableDynamicField(true);
    schema.addField(AddFieldReq.builder().fieldName("id").dataType(DataType.Int64).isPrimaryKey(true).build());
    schema.addField(AddFieldReq.builder().fieldName("vector").dataType(DataType.FloatVector).dimension(DIM).build());
    schema.addField(AddFieldReq.builder().fieldName("words").dataType(DataType.SparseFloatVector).build());
    schema.addField(AddFieldReq.builder().fieldName("title").dataType(DataType.VarChar).maxLength(64).build());
    schema.addField(AddFieldReq.builder().fieldName("stock").dataType(DataType.Int32).isNullable(true).build());
    schema.addField(AddFieldReq.builder().fieldName("price").dataType(DataType.Double).defaultValue(1.5).build());
    schema.addField(AddFieldReq.builder().fieldName("tags").dataType(DataType.Array)
        .elementType(DataType.VarChar).maxCapacity(4).maxLength(16).build());
    schema.addField(AddFieldReq.builder().fieldName("meta").dataType(DataType.JSON).build());
    List<IndexParam> indexes = List.of(
        IndexParam.builder().fieldName("vector").indexType(IndexParam.IndexType.HNSW)
            .metricType(IndexParam.MetricType.L2).extraParams(Map.of("M", 16, "efConstruction", 100)).build(),
        IndexParam.builder().fieldName("words").indexType(IndexParam.IndexType.SPARSE_INVERTED_INDEX)
            .metricType(IndexParam.MetricType.IP).build(),
        IndexParam.builder().fieldName("title").indexType(IndexParam.IndexType.INVERTED).build());
    client.createCollection(CreateCollectionReq.builder().collectionName(NAME).collectionSchema(schema)
        .indexParams(indexes).consistencyLevel(ConsistencyLevel.STRONG).build());
    var described =
        client.describeCollection(DescribeCollectionReq.builder().collectionName(NAME).build());
    expect(described.getFieldNames().size() == 8, "fields: " + described.getFieldNames());
    expect(described.getEnableDynamicField(), "no dynamic field");
    expect(client.getLoadState(GetLoadStateReq.builder().collectionName(NAME).build()), "it is not loaded");
  }

  static void insert(MilvusClientV2 client) {
    List<JsonObject> rows = new ArrayList<>();
    for (int row = 0; row < ROWS / 2; row++) {
      rows.add(rowOf(row, row % 2 == 0 ? "red" : "green"));
    }
    InsertResp inserted = client.insert(InsertReq.builder().collectionName(NAME).data(rows).build());
    expect(inserted.getInsertCnt() == ROWS / 2, "inserted: " + inserted.getInsertCnt());
    client.flush(FlushReq.builder().collectionNames(List.of(NAME)).build());
  }

  /** The other half comes by a JSON file; the older client of the SDK speaks the RPC. */
  static void importRows(int port, Path root) throws Exception {
    List<JsonObject> rows = new ArrayList<>();
    for (int row = ROWS / 2; row < ROWS; row++) {
      JsonObject one = rowOf(row, "blue");
      one.add("stock", com.google.gson.JsonNull.INSTANCE);
      rows.add(one);
    }
    Files.writeString(root.resolve("java.json"), new com.google.gson.GsonBuilder().serializeNulls().create().toJson(rows));
    MilvusServiceClient client =
        new MilvusServiceClient(ConnectParam.newBuilder().withHost("127.0.0.1").withPort(port).build());
    BulkInsertParam asked =
        BulkInsertParam.newBuilder().withCollectionName(NAME).withFiles(List.of("java.json")).build();
    long task = new BulkInsertResponseWrapper(client.bulkInsert(asked).getData()).getTaskID();
    GetBulkInsertStateWrapper state;
    do {
      Thread.sleep(50);
      state = new GetBulkInsertStateWrapper(
          client.getBulkInsertState(GetBulkInsertStateParam.newBuilder().withTask(task).build()).getData());
      expect(state.getState() != ImportState.ImportFailed, "the import failed: " + state.getFailedReason());
    } while (state.getState() != ImportState.ImportCompleted);
    expect(state.getImportedCount() == ROWS / 2, "imported: " + state.getImportedCount());
    expect(state.getProgress() == 100, "progress: " + state.getProgress());
    expect(state.getCollectionName().equals(NAME), "collection: " + state.getCollectionName());
    client.close();
  }

  static void search(MilvusClientV2 client) {
    SearchResp found = client.search(SearchReq.builder().collectionName(NAME).annsField("vector").limit(3)
        .data(List.of(new FloatVec(vectorOf(7)), new FloatVec(vectorOf(700)))).searchParams(Map.of("ef", 64))
        .outputFields(List.of("title", "stock", "price", "tags", "meta", "colour")).build());
    expect(found.getSearchResults().size() == 2, "answers: " + found.getSearchResults().size());
    int[] asked = {7, 700};
    for (int at = 0; at < 2; at++) {
      SearchResp.SearchResult nearest = found.getSearchResults().get(at).get(0);
      expect(nearest.getId().equals(FIRST + asked[at]) && nearest.getScore() == 0, "nearest: " + nearest);
      expect(nearest.getEntity().get("title").equals("title " + asked[at]), "title: " + nearest);
      expect(nearest.getEntity().get("stock") == null, "stock: " + nearest);
      expect(nearest.getEntity().get("price").equals(1.5), "price: " + nearest);
      expect(nearest.getEntity().get("colour") != null, "colour: " + nearest);
    }
    SearchResp narrowed = client.search(SearchReq.builder().collectionName(NAME).annsField("vector").limit(10)
        .data(List.of(new FloatVec(vectorOf(7)))).filter("stock < {most} and colour == 'red'")
        .filterTemplateValues(Map.of("most", 6)).build());
    expect(narrowed.getSearchResults().get(0).size() == 3, "narrowed: " + narrowed.getSearchResults());
    SearchResp ranged = client.search(SearchReq.builder().collectionName(NAME).annsField("vector").limit(100)
        .data(List.of(new FloatVec(vectorOf(7)))).searchParams(Map.of("radius", 0.5, "range_filter", 0.0)).build());
    expect(ranged.getSearchResults().get(0).stream().allMatch(hit -> hit.getScore() < 0.5), "too far away");
    SearchResp grouped = client.search(SearchReq.builder().collectionName(NAME).annsField("vector").limit(3)
        .data(List.of(new FloatVec(vectorOf(7)))).groupByFieldName("title").build());
    expect(grouped.getSearchResults().get(0).size() == 3, "groups: " + grouped.getSearchResults());
  }

  static void searchTwoFields(MilvusClientV2 client) {
    SortedMap<Long, Float> words = new TreeMap<>(Map.of(42L, 1f));
    SearchResp found = client.hybridSearch(HybridSearchReq.builder().collectionName(NAME).limit(2)
        .searchRequests(List.of(
            AnnSearchReq.builder().vectorFieldName("vector").vectors(List.of(new FloatVec(vectorOf(42)))).limit(5).build(),
            AnnSearchReq.builder().vectorFieldName("words").vectors(List.of(new SparseFloatVec(words))).limit(5).build()))
        .ranker(RRFRanker.builder().k(60).build()).outFields(List.of("title")).build());
    SearchResp.SearchResult nearest = found.getSearchResults().get(0).get(0);
    expect(nearest.getId().equals(FIRST + 42), "nearest of both fields: " + nearest);
  }

  static void query(MilvusClientV2 client) {
    GetResp got = client.get(GetReq.builder().collectionName(NAME).ids(List.of(FIRST + 3, FIRST + 999)).build());
    expect(got.getGetResults().size() == 2, "got: " + got.getGetResults());
    expect(got.getGetResults().get(0).getEntity().get("vector").equals(vectorOf(3)), "vector: " + got.getGetResults());
    expect(count(client, "meta[\"row\"] >= 100 and meta[\"row\"] < 200") == 100, "rows by a path into JSON");
    expect(count(client, "array_contains(tags, \"2\")") == 333, "rows by an element");
    try {
      client.query(QueryReq.builder().collectionName(NAME).filter("nothing == 1 and").limit(1).build());
      expect(false, "a broken filter was taken");
    } catch (MilvusClientException error) {
      expect(error.getMessage().contains("cannot parse expression"), "message: " + error.getMessage());
    }
  }

  static void iterate(MilvusClientV2 client) {
    QueryIterator pages = client.queryIterator(QueryIteratorReq.builder().collectionName(NAME).batchSize(300)
        .outputFields(List.of("title")).build());
    int rows = 0;
    for (List<?> page = pages.next(); !page.isEmpty(); page = pages.next()) {
      rows += page.size();
    }
    pages.close();
    expect(rows == ROWS, "the query iterator gave " + rows);
    SearchIteratorV2 nearest = client.searchIteratorV2(SearchIteratorReqV2.builder().collectionName(NAME)
        .vectorFieldName("vector").vectors(List.of(new FloatVec(vectorOf(1)))).batchSize(90).limit(450)
        .metricType(IndexParam.MetricType.L2).build());
    rows = 0;
    for (List<?> page = nearest.next(); !page.isEmpty(); page = nearest.next()) {
      rows += page.size();
    }
    nearest.close();
    expect(rows == 450, "the search iterator gave " + rows);
  }

  static void change(MilvusClientV2 client) {
    JsonObject changed = new JsonObject();
    changed.addProperty("id", FIRST + 3);
    changed.addProperty("title", "another");
    UpsertResp upserted = client.upsert(UpsertReq.builder().collectionName(NAME).data(List.of(changed))
        .partialUpdate(true).build());
    expect(upserted.getUpsertCnt() == 1, "upserted: " + upserted.getUpsertCnt());
    expect(count(client, "title == \"another\" and meta[\"row\"] == 3") == 1, "the changed row is not there");
    DeleteResp deleted = client.delete(DeleteReq.builder().collectionName(NAME).ids(List.of(FIRST, FIRST + 1)).build());
    expect(deleted.getDeleteCnt() == 2, "deleted: " + deleted.getDeleteCnt());
    client.delete(DeleteReq.builder().collectionName(NAME).filter("colour == \"blue\"").build());
    expect(count(client, "") == ROWS / 2 - 2, "rows after the deletes: " + count(client, ""));
  }

  static void administer(MilvusClientV2 client) {
    expect(!client.getServerVersion().isEmpty(), "no version");
    expect(client.checkHealth().getIsHealthy(), "it is not healthy");
    client.createPartition(CreatePartitionReq.builder().collectionName(NAME).partitionName("part").build());
    List<String> partitions = client.listPartitions(ListPartitionsReq.builder().collectionName(NAME).build());
    expect(partitions.size() == 2, "partitions: " + partitions);
    client.createAlias(CreateAliasReq.builder().collectionName(NAME).alias("java_alias").build());
    var alias = client.describeAlias(DescribeAliasReq.builder().alias("java_alias").build());
    expect(alias.getCollectionName().equals(NAME), "the alias names " + alias.getCollectionName());
    client.dropAlias(DropAliasReq.builder().alias("java_alias").build());
    List<String> indexes = client.listIndexes(ListIndexesReq.builder().collectionName(NAME).build());
    expect(indexes.size() == 3, "indexes: " + indexes);
    client.addCollectionField(AddCollectionFieldReq.builder().collectionName(NAME).fieldName("later")
        .dataType(DataType.Int64).isNullable(true).build());
    expect(count(client, "later is null") == ROWS / 2 - 2, "the added field is not null");
    var compaction = client.compact(CompactReq.builder().collectionName(NAME).build());
    client.getCompactionState(GetCompactionStateReq.builder().compactionID(compaction.getCompactionID()).build());
    client.alterCollectionProperties(AlterCollectionPropertiesReq.builder().collectionName(NAME)
        .property("collection.ttl.seconds", "1000").build());
    client.releaseCollection(ReleaseCollectionReq.builder().collectionName(NAME).build());
    expect(!client.getLoadState(GetLoadStateReq.builder().collectionName(NAME).build()), "it is still loaded");
  }

  /** The collection that the SDK makes of a name and a dimension alone. */
  static void quick(MilvusClientV2 client) {
    client.createCollection(CreateCollectionReq.builder().collectionName("java_quick").dimension(DIM).autoID(true)
        .consistencyLevel(ConsistencyLevel.STRONG).build());
    JsonObject row = new JsonObject();
    row.add("vector", GSON.toJsonTree(vectorOf(2)));
    row.addProperty("colour", "blue");
    InsertResp inserted = client.insert(InsertReq.builder().collectionName("java_quick").data(List.of(row)).build());
    expect(inserted.getPrimaryKeys().size() == 1, "keys: " + inserted.getPrimaryKeys());
    SearchResp found = client.search(SearchReq.builder().collectionName("java_quick").limit(1)
        .data(List.of(new FloatVec(vectorOf(2)))).outputFields(List.of("colour")).build());
    Object colour = found.getSearchResults().get(0).get(0).getEntity().get("colour");
    expect(String.valueOf(colour).contains("blue"), "colour: " + colour);
    client.dropCollection(DropCollectionReq.builder().collectionName("java_quick").build());
  }

  static long count(MilvusClientV2 client, String filter) {
    QueryResp counted = client.query(QueryReq.builder().collectionName(NAME).filter(filter)
        .outputFields(List.of("count(*)")).consistencyLevel(ConsistencyLevel.STRONG).build());
    return (Long) counted.getQueryResults().get(0).getEntity().get("count(*)");
  }

  static JsonObject rowOf(int row, String colour) {
    JsonObject one = new JsonObject();
    one.addProperty("id", FIRST + row);
    one.add("vector", GSON.toJsonTree(vectorOf(row)));
    JsonObject words = new JsonObject();
    words.addProperty(String.valueOf(row), 1);
    words.addProperty("5000", 0.5);
    one.add("words", words);
    one.addProperty("title", "title " + row);
    if (row % 2 == 0) {
      one.addProperty("stock", row);
    }
    JsonArray tags = new JsonArray();
    tags.add("a");
    tags.add(String.valueOf(row % 3));
    one.add("tags", tags);
    JsonObject meta = new JsonObject();
    meta.addProperty("row", row);
    one.add("meta", meta);
    one.addProperty("colour", colour);
    return one;
  }

  static List<Float> vectorOf(int row) {
    List<Float> vector = new ArrayList<>();
    for (int at = 0; at < DIM; at++) {
      vector.add((float) (Math.round(1e4 * Math.sin(row * DIM + at)) / 1e4));
    }
    return vector;
  }

  static void expect(boolean holds, String message) {
    if (!holds) {
      throw new AssertionError(message);
    }
  }
}
