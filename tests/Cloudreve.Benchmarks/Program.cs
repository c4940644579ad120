using Cloudreve.Benchmarks;
using Cloudreve.Benchmarks.Accounts;
using Cloudreve.Benchmarks.ColdStart;
using Cloudreve.Benchmarks.Files;
using Cloudreve.Benchmarks.Import;

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
      coldstart [--publish DIR] [--runs N]        the handler ahead-of-time and just-in-time compiled, beside a bare app
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
        case ["coldstart", .. var rest]:
            await ColdStartBenchmark.RunAsync(Options.Parse(rest, values: ["--publish", "--runs"], switches: []));
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
