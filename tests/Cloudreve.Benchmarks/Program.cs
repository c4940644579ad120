using Cloudreve.Benchmarks;
using Cloudreve.Benchmarks.Accounts;
using Cloudreve.Benchmarks.Admin;
using Cloudreve.Benchmarks.Files;
using Cloudreve.Benchmarks.Http;
using Cloudreve.Benchmarks.Import;
using Cloudreve.Benchmarks.Load;
using Cloudreve.Benchmarks.Search;
using Cloudreve.Benchmarks.Start;
using Cloudreve.Benchmarks.WebDav;
using Cloudreve.Benchmarks.Workflows;

const string Usage = """
    usage: ./dev bench <name>

      import [--files N] [--folders N | --flat]   import N blobs, beside a bare loop that writes the same rows
             [--repeat N] [--quick | --full]      default: 20,000 in 200 folders, then 10,000 flat
             [--publish DIR] [--no-count]         --full: 100,000 in 1,000 folders, then 50,000 flat
             [--no-bare]                          --no-bare: the import alone
      files [--listing] [--relocation]            operations on files; without a switch all of them
            [--transfers] [--quick]
            [--size MB] [--repeat N]              --transfers: a file of 256 MB up and down, directly and through the app,
            [--publish DIR]                       beside the bare SDK
      accounts [--repeat N] [--publish DIR]       sign-ins and tokens, beside the bare libraries
      start [--runs N] [--publish DIR]            the worker from its start to its first answer, beside an empty worker
      http [--seconds N] [--rounds N]             requests per second and latencies, beside functions of an empty worker
           [--publish DIR]
      search [--folders N] [--files N]            searches of a drive of 22,000 files, alone and many at once, beside a bare
                                                  scan; --folders: in the root, --files: in each folder
      webdav [--size MB] [--huge MB]              the WebDAV server beside rclone's on the same emulator and Apache's on the local disk;
             [--rounds N] [--publish DIR]         --size: of the large file, --huge: of the one that shows whether memory stays flat
      workflows [--files N] [--size MB]           archives of 10,000 small files and of 2 GB in eight, created and extracted, beside zip,
                [--formats N] [--publish DIR]     unzip and the bare SDK; --formats: all four instead of two of small files and one of large
      admin [--rows N] [--list NAME]              pages of the administration's lists of 100,000 rows, beside a bare query;
                                                  of users, files and links, or one of them
      load [--clients N] [--users N]              mixed work of many clients who know their drives; all is compared at the end
           [--seconds N] [--seed N]               --outages: storage fails, loses answers, hangs; --kills: worker and host are killed
           [--outages] [--kills] [--publish DIR]
      soak [--minutes N] [--publish DIR]          a light, steady mix: memory, descriptors, threads and rows, and whether they are flat
    """;

try
{
    switch (args)
    {
        case ["import", .. var rest]:
            await ImportBenchmark.RunAsync(
                Options.Parse(rest, values: ["--files", "--folders", "--repeat", "--publish"], switches: ["--flat", "--quick", "--full", "--no-count", "--no-bare"]));
            return 0;
        case ["files", .. var rest]:
            await FilesBenchmark.RunAsync(Options.Parse(rest, values: FilesBenchmark.Values, switches: FilesBenchmark.Switches));
            return 0;
        case ["accounts", .. var rest]:
            await AccountsBenchmark.RunAsync(Options.Parse(rest, AccountsBenchmark.Values, switches: []));
            return 0;
        case ["start", .. var rest]:
            await StartBenchmark.RunAsync(Options.Parse(rest, StartBenchmark.Values, switches: []));
            return 0;
        case ["http", .. var rest]:
            await HttpBenchmark.RunAsync(Options.Parse(rest, HttpBenchmark.Values, switches: []));
            return 0;
        case ["search", .. var rest]:
            await SearchBenchmark.RunAsync(Options.Parse(rest, SearchBenchmark.Values, switches: []));
            return 0;
        case ["webdav", .. var rest]:
            await WebDavBenchmark.RunAsync(Options.Parse(rest, WebDavBenchmark.Values, switches: []));
            return 0;
        case ["workflows", .. var rest]:
            await WorkflowsBenchmark.RunAsync(Options.Parse(rest, WorkflowsBenchmark.Values, switches: []));
            return 0;
        case ["admin", .. var rest]:
            await AdminBenchmark.RunAsync(Options.Parse(rest, AdminBenchmark.Values, switches: []));
            return 0;
        case ["load", .. var rest]:
            await LoadBenchmark.RunAsync(Options.Parse(rest, LoadBenchmark.Values, LoadBenchmark.Switches));
            return 0;
        case ["soak", .. var rest]:
            await SoakBenchmark.RunAsync(Options.Parse(rest, SoakBenchmark.Values, switches: []));
            return 0;
        default:
            await Console.Error.WriteLineAsync(Usage);
            return 2;
    }
}
catch (BenchmarkException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
