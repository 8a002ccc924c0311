// A program as users of the Go SDK write it: it ends with an error where the server is not the one they know.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/milvus-io/milvus/client/v2/bulkwriter"
	"github.com/milvus-io/milvus/client/v2/column"
	"github.com/milvus-io/milvus/client/v2/entity"
	"github.com/milvus-io/milvus/client/v2/index"
	"github.com/milvus-io/milvus/client/v2/milvusclient"
)

const (
	name     = "go_sdk"
	rowCount = 1000
	dim      = 8
	firstID  = int64(1) << 60
)

var port = flag.String("port", "19530", "port of the server")
var root = flag.String("root", ".", "folder that imports may read")

func main() {
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	client, err := milvusclient.New(ctx, &milvusclient.ClientConfig{Address: "127.0.0.1:" + *port})
	must(err)
	defer client.Close(ctx)
	create(ctx, client)
	insert(ctx, client)
	importRows(ctx, client)
	search(ctx, client)
	searchTwoFields(ctx, client)
	query(ctx, client)
	iterate(ctx, client)
	change(ctx, client)
	administer(ctx, client)
	must(client.DropCollection(ctx, milvusclient.NewDropCollectionOption(name)))
	has, err := client.HasCollection(ctx, milvusclient.NewHasCollectionOption(name))
	must(err)
	expect(!has, "the dropped collection is still there")
	quick(ctx, client)
	fmt.Println(`{"sdk": "go", "ok": true}`)
}

func create(ctx context.Context, client *milvusclient.Client) {
	schema := entity.NewSchema().WithDynamicFieldEnabled(true).
		WithField(entity.NewField().WithName("id").WithDataType(entity.FieldTypeInt64).WithIsPrimaryKey(true)).
		WithField(entity.NewField().WithName("vector").WithDataType(entity.FieldTypeFloatVector).WithDim(dim)).
		WithField(entity.NewField().WithName("words").WithDataType(entity.FieldTypeSparseVector)).
		WithField(entity.NewField().WithName("title").WithDataType(entity.FieldTypeVarChar).WithMaxLength(64)).
		WithField(entity.NewField().WithName("stock").WithDataType(entity.FieldTypeInt32).WithNullable(true)).
		WithField(entity.NewField().WithName("tags").WithDataType(entity.FieldTypeArray).
			WithElementType(entity.FieldTypeVarChar).WithMaxCapacity(4).WithMaxLength(16)).
		WithField(entity.NewField().WithName("meta").WithDataType(entity.FieldTypeJSON))
	must(client.CreateCollection(ctx, milvusclient.NewCreateCollectionOption(name, schema)))
	for field, kind := range map[string]index.Index{
		"vector": index.NewHNSWIndex(entity.L2, 16, 100),
		"words":  index.NewSparseInvertedIndex(entity.IP, 0),
		"title":  index.NewInvertedIndex(),
	} {
		task, err := client.CreateIndex(ctx, milvusclient.NewCreateIndexOption(name, field, kind))
		must(err)
		must(task.Await(ctx))
	}
	load, err := client.LoadCollection(ctx, milvusclient.NewLoadCollectionOption(name))
	must(err)
	must(load.Await(ctx))
	described, err := client.DescribeCollection(ctx, milvusclient.NewDescribeCollectionOption(name))
	must(err)
	expect(len(described.Schema.Fields) == 7, "fields: %d", len(described.Schema.Fields))
}

// insert gives the first half by columns, and a few rows more as structs.
func insert(ctx context.Context, client *milvusclient.Client) {
	half := rowCount / 2
	ids, titles := make([]int64, half), make([]string, half)
	vectors, words := make([][]float32, half), make([]entity.SparseEmbedding, half)
	stock, valid := []int32{}, make([]bool, half)
	tags, metas, colours := make([][]string, half), make([][]byte, half), make([]string, half)
	for row := range half {
		ids[row], titles[row], vectors[row] = firstID+int64(row), fmt.Sprintf("title %d", row), vectorOf(row)
		sparse, err := entity.NewSliceSparseEmbedding([]uint32{uint32(row), 5000}, []float32{1, 0.5})
		must(err)
		words[row] = sparse
		if valid[row] = row%2 == 0; valid[row] {
			stock = append(stock, int32(row))
		}
		tags[row], metas[row] = []string{"a", fmt.Sprint(row % 3)}, fmt.Appendf(nil, `{"row": %d}`, row)
		colours[row] = []string{"red", "green"}[row%2]
	}
	stockColumn, err := column.NewNullableColumnInt32("stock", stock, valid)
	must(err)
	inserted, err := client.Insert(ctx, milvusclient.NewColumnBasedInsertOption(name).
		WithInt64Column("id", ids).WithVarcharColumn("title", titles).WithFloatVectorColumn("vector", dim, vectors).
		WithColumns(stockColumn, column.NewColumnSparseVectors("words", words),
			column.NewColumnVarCharArray("tags", tags), column.NewColumnJSONBytes("meta", metas),
			column.NewColumnVarChar("colour", colours)))
	must(err)
	expect(inserted.InsertCount == int64(half), "inserted: %d", inserted.InsertCount)
	flush, err := client.Flush(ctx, milvusclient.NewFlushOption(name))
	must(err)
	must(flush.Await(ctx))
}

// importRows gives the other half by a JSON file, over the REST routes that the SDK's bulkwriter speaks.
func importRows(ctx context.Context, client *milvusclient.Client) {
	path := filepath.Join(*root, "go.json")
	must(os.WriteFile(path, jsonRows(rowCount/2, rowCount), 0o644))
	url := "http://127.0.0.1:" + *port
	job, err := bulkwriter.BulkImport(ctx, bulkwriter.NewBulkImportOption(url, name, [][]string{{"go.json"}}))
	must(err)
	must(job.CheckStatus())
	for state := ""; state != "Completed"; time.Sleep(50 * time.Millisecond) {
		progress, err := bulkwriter.GetImportProgress(ctx, bulkwriter.NewGetImportProgressOption(url, job.Data.JobID))
		must(err)
		state = progress.Data.State
		expect(state != "Failed", "the import failed: %s", progress.Data.Reason)
		if state == "Completed" {
			expect(progress.Data.ImportedRows == rowCount/2, "imported: %+v", progress.Data)
			expect(progress.Data.Progress == 100, "imported: %+v", progress.Data)
		}
	}
	jobs, err := bulkwriter.ListImportJobs(ctx, bulkwriter.NewListImportJobsOption(url, name))
	must(err)
	expect(len(jobs.Data.Records) == 1 && jobs.Data.Records[0].State == "Completed", "jobs: %+v", jobs.Data)
	expect(count(ctx, client, "") == rowCount, "rows after the import: %d", count(ctx, client, ""))
}

func jsonRows(from, to int) []byte {
	rows := []byte("[")
	for row := from; row < to; row++ {
		if row > from {
			rows = append(rows, ',')
		}
		rows = fmt.Appendf(rows, `{"id": %d, "title": "title %d", "vector": [`, firstID+int64(row), row)
		for at, value := range vectorOf(row) {
			if at > 0 {
				rows = append(rows, ',')
			}
			rows = fmt.Appendf(rows, "%v", value)
		}
		rows = fmt.Appendf(rows, `], "words": {"%d": 1, "5000": 0.5}, "stock": null, "tags": ["a"], "meta": {"row": %d}, "colour": "blue"}`,
			row, row)
	}
	return append(rows, ']')
}

func search(ctx context.Context, client *milvusclient.Client) {
	queries := []entity.Vector{entity.FloatVector(vectorOf(7)), entity.FloatVector(vectorOf(700))}
	found, err := client.Search(ctx, milvusclient.NewSearchOption(name, 3, queries).WithANNSField("vector").
		WithAnnParam(index.NewHNSWAnnParam(64)).WithOutputFields("title", "stock", "tags", "meta", "colour"))
	must(err)
	expect(len(found) == 2, "answers: %d", len(found))
	for at, row := range []int{7, 700} {
		id, err := found[at].IDs.GetAsInt64(0)
		must(err)
		expect(id == firstID+int64(row) && found[at].Scores[0] == 0, "nearest of %d: %d, %v", row, id, found[at].Scores)
		title, err := found[at].GetColumn("title").GetAsString(0)
		must(err)
		expect(title == fmt.Sprintf("title %d", row), "title: %s", title)
		isNull, err := found[at].GetColumn("stock").IsNull(0)
		must(err)
		expect(isNull, "stock of %d is not null", row)
		expect(found[at].GetColumn("colour") != nil, "the dynamic key is not in the answer")
	}
	narrowed, err := client.Search(ctx, milvusclient.NewSearchOption(name, 10, queries[:1]).WithANNSField("vector").
		WithFilter("stock < {most} and colour == 'red'").WithTemplateParam("most", 6).WithOutputFields("stock"))
	must(err)
	expect(narrowed[0].ResultCount == 3, "narrowed: %d", narrowed[0].ResultCount)
	grouped, err := client.Search(ctx, milvusclient.NewSearchOption(name, 3, queries[:1]).WithANNSField("vector").
		WithGroupByField("title").WithOutputFields("title"))
	must(err)
	expect(grouped[0].ResultCount == 3, "groups: %d", grouped[0].ResultCount)
}

func searchTwoFields(ctx context.Context, client *milvusclient.Client) {
	sparse, err := entity.NewSliceSparseEmbedding([]uint32{42}, []float32{1})
	must(err)
	found, err := client.HybridSearch(ctx, milvusclient.NewHybridSearchOption(name, 2,
		milvusclient.NewAnnRequest("vector", 5, entity.FloatVector(vectorOf(42))),
		milvusclient.NewAnnRequest("words", 5, sparse)).WithReranker(milvusclient.NewRRFReranker()).WithOutputFields("title"))
	must(err)
	id, err := found[0].IDs.GetAsInt64(0)
	must(err)
	expect(id == firstID+42, "nearest of both fields: %d", id)
}

func query(ctx context.Context, client *milvusclient.Client) {
	got, err := client.Get(ctx, milvusclient.NewQueryOption(name).
		WithIDs(column.NewColumnInt64("id", []int64{firstID + 3, firstID + 999})).WithOutputFields("*"))
	must(err)
	expect(got.ResultCount == 2, "got: %d", got.ResultCount)
	vector, err := got.GetColumn("vector").Get(0)
	must(err)
	expect(fmt.Sprint([]float32(vector.(entity.FloatVector))) == fmt.Sprint(vectorOf(3)), "vector: %v", vector)
	expect(count(ctx, client, `meta["row"] >= 100 and meta["row"] < 200`) == 100, "rows by a path into JSON")
	expect(count(ctx, client, `array_contains(tags, "2")`) == 166, "rows by an element: %d",
		count(ctx, client, `array_contains(tags, "2")`))
	_, err = client.Query(ctx, milvusclient.NewQueryOption(name).WithFilter("nothing == 1 and"))
	expect(err != nil, "a broken filter was taken")
}

func iterate(ctx context.Context, client *milvusclient.Client) {
	pages, err := client.QueryIterator(ctx, milvusclient.NewQueryIteratorOption(name).WithBatchSize(300).WithOutputFields("title"))
	must(err)
	expect(drain(ctx, pages.Next) == rowCount, "the query iterator lost rows")
	nearest, err := client.SearchIterator(ctx, milvusclient.NewSearchIteratorOption(name, entity.FloatVector(vectorOf(1))).
		WithANNSField("vector").WithBatchSize(90).WithIteratorLimit(450))
	must(err)
	expect(drain(ctx, nearest.Next) == 450, "the search iterator lost rows")
}

func drain(ctx context.Context, next func(context.Context) (milvusclient.ResultSet, error)) int {
	for rows := 0; ; {
		page, err := next(ctx)
		if errors.Is(err, io.EOF) {
			return rows
		}
		must(err)
		rows += page.Len()
	}
}

func change(ctx context.Context, client *milvusclient.Client) {
	upserted, err := client.Upsert(ctx, milvusclient.NewColumnBasedInsertOption(name).
		WithInt64Column("id", []int64{firstID + 3}).WithVarcharColumn("title", []string{"another"}).WithPartialUpdate(true))
	must(err)
	expect(upserted.UpsertCount == 1, "upserted: %d", upserted.UpsertCount)
	expect(count(ctx, client, `title == "another" and meta["row"] == 3`) == 1, "the changed row is not there")
	deleted, err := client.Delete(ctx, milvusclient.NewDeleteOption(name).WithInt64IDs("id", []int64{firstID, firstID + 1}))
	must(err)
	expect(deleted.DeleteCount == 2, "deleted: %d", deleted.DeleteCount)
	_, err = client.Delete(ctx, milvusclient.NewDeleteOption(name).WithExpr(`colour == "blue"`))
	must(err)
	expect(count(ctx, client, "") == rowCount/2-2, "rows after the deletes: %d", count(ctx, client, ""))
}

func administer(ctx context.Context, client *milvusclient.Client) {
	version, err := client.GetServerVersion(ctx, milvusclient.NewGetServerVersionOption())
	must(err)
	expect(version != "", "no version")
	must(client.CreatePartition(ctx, milvusclient.NewCreatePartitionOption(name, "part")))
	partitions, err := client.ListPartitions(ctx, milvusclient.NewListPartitionOption(name))
	must(err)
	expect(len(partitions) == 2, "partitions: %v", partitions)
	must(client.CreateAlias(ctx, milvusclient.NewCreateAliasOption(name, "go_alias")))
	alias, err := client.DescribeAlias(ctx, milvusclient.NewDescribeAliasOption("go_alias"))
	must(err)
	expect(alias.CollectionName == name, "the alias names %s", alias.CollectionName)
	must(client.DropAlias(ctx, milvusclient.NewDropAliasOption("go_alias")))
	described, err := client.DescribeIndex(ctx, milvusclient.NewDescribeIndexOption(name, "vector"))
	must(err)
	expect(described.State == index.IndexState(3), "the index's state: %v", described.State)
	must(client.AddCollectionField(ctx, milvusclient.NewAddCollectionFieldOption(name,
		entity.NewField().WithName("later").WithDataType(entity.FieldTypeInt64).WithNullable(true))))
	expect(count(ctx, client, "later is null") == rowCount/2-2, "the added field is not null")
	compaction, err := client.Compact(ctx, milvusclient.NewCompactOption(name))
	must(err)
	_, err = client.GetCompactionState(ctx, milvusclient.NewGetCompactionStateOption(compaction))
	must(err)
	_, err = client.GetPersistentSegmentInfo(ctx, milvusclient.NewGetPersistentSegmentInfoOption(name))
	must(err)
	must(client.ReleaseCollection(ctx, milvusclient.NewReleaseCollectionOption(name)))
	state, err := client.GetLoadState(ctx, milvusclient.NewGetLoadStateOption(name))
	must(err)
	expect(state.State == entity.LoadStateNotLoad, "load state: %v", state.State)
}

// quick is the collection that the SDK makes of a name and a dimension alone; rows are structs.
func quick(ctx context.Context, client *milvusclient.Client) {
	type row struct {
		Vector []float32 `milvus:"name:vector"`
		Colour string    `milvus:"name:colour"`
	}
	must(client.CreateCollection(ctx, milvusclient.SimpleCreateCollectionOptions("go_quick", dim).WithAutoID(true)))
	inserted, err := client.Insert(ctx, milvusclient.NewRowBasedInsertOption("go_quick",
		&row{Vector: vectorOf(1), Colour: "red"}, &row{Vector: vectorOf(2), Colour: "blue"}))
	must(err)
	expect(inserted.IDs.Len() == 2, "ids: %d", inserted.IDs.Len())
	found, err := client.Search(ctx, milvusclient.NewSearchOption("go_quick", 1, []entity.Vector{entity.FloatVector(vectorOf(2))}).
		WithConsistencyLevel(entity.ClStrong).WithOutputFields("colour"))
	must(err)
	colour, err := found[0].GetColumn("colour").GetAsString(0)
	must(err)
	expect(colour == "blue", "colour: %s", colour)
	must(client.DropCollection(ctx, milvusclient.NewDropCollectionOption("go_quick")))
}

func count(ctx context.Context, client *milvusclient.Client, filter string) int64 {
	counted, err := client.Query(ctx, milvusclient.NewQueryOption(name).WithFilter(filter).
		WithConsistencyLevel(entity.ClStrong).WithOutputFields("count(*)"))
	must(err)
	rows, err := counted.GetColumn("count(*)").GetAsInt64(0)
	must(err)
	return rows
}

func vectorOf(row int) []float32 {
	vector := make([]float32, dim)
	for at := range vector {
		vector[at] = float32(math.Round(1e4*math.Sin(float64(row*dim+at))) / 1e4)
	}
	return vector
}

func must(err error) {
	if err != nil {
		log.Output(2, err.Error())
		os.Exit(1)
	}
}

func expect(holds bool, message string, values ...any) {
	if !holds {
		log.Output(2, fmt.Sprintf(message, values...))
		os.Exit(1)
	}
}
