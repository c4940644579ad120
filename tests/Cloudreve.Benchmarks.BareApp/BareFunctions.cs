using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.Benchmarks.BareApp;

/// <summary>The yardstick of starts and requests.</summary>
internal sealed class BareFunctions(TableClient table)
{
    /// <summary>Does nothing.</summary>
    [Function("Empty")]
    public static IResult Empty([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "empty")] HttpRequest request) => Results.Ok("nothing");

    /// <summary>Reads one row.</summary>
    [Function("Row")]
    public async Task<IResult> ReadRowAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "row")] HttpRequest request, CancellationToken cancellationToken) =>
        Results.Ok((await table.GetEntityAsync<TableEntity>("p", "r", cancellationToken: cancellationToken)).Value.GetString("value"));
}
