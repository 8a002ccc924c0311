// A load client for gRPC that knows no messages: it sends what a file holds, and takes what comes back.
//
//	load ADDRESS PATH REQUESTS CLIENTS SECONDS ANSWERS
//	load serve ADDRESS ANSWER
//
// REQUESTS and ANSWERS are messages, each after its length (32 bits, little endian). With CLIENTS 0 one client
// sends each request once, and ANSWERS gets what came back; else each client has a connection of its own and
// sends them in turn until SECONDS have passed, or SIGTERM comes. Prints a line of JSON. `serve` answers each call with the one
// message in ANSWER.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	if os.Args[1] == "serve" {
		serve(os.Args[2], os.Args[3])
		return
	}
	url := "http://" + os.Args[1] + os.Args[2]
	requests := messagesIn(os.Args[3])
	clients, seconds := number(os.Args[4]), number(os.Args[5])
	if clients == 0 {
		once(url, requests, os.Args[6])
		return
	}
	report(run(url, requests, int(clients), time.Duration(seconds*float64(time.Second))))
}

type share struct {
	took   []time.Duration
	failed int
}

func run(url string, requests [][]byte, clients int, span time.Duration) ([]share, time.Duration) {
	shares := make([]share, clients)
	var group sync.WaitGroup
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	var isOver atomic.Bool
	go func() {
		<-ended
		isOver.Store(true)
	}()
	began := time.Now()
	for index := range shares {
		group.Add(1)
		go func() {
			defer group.Done()
			transport := newTransport()
			at, lost := index*len(requests)/clients, 0
			for time.Since(began) < span && lost < lostMax && !isOver.Load() {
				sent := time.Now()
				lost++
				if _, err := call(transport, url, requests[at%len(requests)]); err != nil {
					shares[index].failed++
				} else {
					lost = 0
				}
				shares[index].took = append(shares[index].took, time.Since(sent))
				at++
			}
		}()
	}
	group.Wait()
	return shares, time.Since(began)
}

// So many calls that fail one after the other say that the server is gone.
const lostMax = 1000

func report(shares []share, span time.Duration) {
	var took []time.Duration
	failed := 0
	for _, each := range shares {
		took = append(took, each.took...)
		failed += each.failed
	}
	slices.Sort(took)
	at := func(part float64) float64 {
		return float64(took[int(float64(len(took)-1)*part)]) / 1e6
	}
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	json.NewEncoder(os.Stdout).Encode(map[string]float64{
		"queriesPerSecond": float64(len(took)) / span.Seconds(),
		"p50Ms":            at(0.5),
		"p99Ms":            at(0.99),
		"maxMs":            at(1),
		"failed":           float64(failed),
		"clientCpuSeconds": float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9,
		"count":            float64(len(took)),
	})
}

func once(url string, requests [][]byte, path string) {
	transport := newTransport()
	var answers bytes.Buffer
	for _, request := range requests {
		answer, err := call(transport, url, request)
		if err != nil {
			log.Fatal(err)
		}
		binary.Write(&answers, binary.LittleEndian, uint32(len(answer)))
		answers.Write(answer)
	}
	if err := os.WriteFile(path, answers.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Println("{}")
}

func newTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Transport{Protocols: protocols, DisableCompression: true}
}

func call(transport *http.Transport, url string, message []byte) ([]byte, error) {
	body := make([]byte, 5+len(message))
	binary.BigEndian.PutUint32(body[1:], uint32(len(message)))
	copy(body[5:], message)
	request, err := http.NewRequest("POST", url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("TE", "trailers")
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if status := response.Trailer.Get("Grpc-Status"); status != "0" || len(answer) < 5 {
		return nil, fmt.Errorf("gRPC status %q %s", status, response.Trailer.Get("Grpc-Message"))
	}
	return answer[5:], nil
}

func serve(address, path string) {
	message, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	answer := make([]byte, 5+len(message))
	binary.BigEndian.PutUint32(answer[1:], uint32(len(message)))
	copy(answer[5:], message)
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	handle := func(writer http.ResponseWriter, request *http.Request) {
		io.Copy(io.Discard, request.Body)
		writer.Header().Set("Content-Type", "application/grpc")
		writer.Header().Set("Trailer", "Grpc-Status")
		writer.Write(answer)
		writer.Header().Set("Grpc-Status", "0")
	}
	server := http.Server{Addr: address, Protocols: protocols, Handler: http.HandlerFunc(handle)}
	log.Fatal(server.ListenAndServe())
}

func messagesIn(path string) [][]byte {
	file, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	var messages [][]byte
	for len(file) > 0 {
		length := binary.LittleEndian.Uint32(file)
		messages = append(messages, file[4:4+length])
		file = file[4+length:]
	}
	return messages
}

func number(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		log.Fatal(err)
	}
	return value
}
