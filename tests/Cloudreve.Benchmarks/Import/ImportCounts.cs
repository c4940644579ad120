namespace Cloudreve.Benchmarks.Import;

/// <summary>The resources that an import takes besides time.</summary>
/// <param name="App">Storage transactions of the app itself, by operation.</param>
/// <param name="Orchestration">Storage transactions of the durable engine from the request to the end of the task, by operation.</param>
/// <param name="Activities">Activities that were scheduled.</param>
internal sealed record ImportCounts(IReadOnlyDictionary<string, int> App, IReadOnlyDictionary<string, int> Orchestration, int Activities);
