using System.Text.Json;
using Cloudreve.LocalHost.Protocol;
using Cloudreve.LocalHost.Workers;
using Microsoft.AspNetCore.Http;

namespace Cloudreve.LocalHost.Http;

/// <summary>
/// The trigger data that the worker receives by gRPC for a request that is forwarded to it: route values alone as the trigger's value, and as
/// metadata what the host offers to parameters by name. The body's properties come first, then the query, then the route.
/// </summary>
internal static class HttpTriggerData
{
    /// <summary>Bodies up to here are searched for properties; parameters that large are of no use.</summary>
    private const int LongestJson = 1024 * 1024;

    /// <summary>Describes a request for the worker.</summary>
    public static async Task<FunctionInvocation> CreateAsync(SelectedFunction selected, HttpRequest request)
    {
        var http = new RpcHttp();
        foreach (var (name, value) in selected.RouteValues)
            http.NullableParams[name] = value is null ? new NullableString() : new NullableString { Value = value };
        var invocation = new FunctionInvocation(selected.Function.Name, new TypedData { Http = http });
        await AddBodyAsync(invocation, request);
        var query = request.Query.ToDictionary(parameter => parameter.Key, parameter => parameter.Value.Last() ?? "");
        foreach (var (name, value) in query.Where(parameter => !string.Equals(parameter.Key, "code", StringComparison.OrdinalIgnoreCase)))
            invocation.With(name, value);
        foreach (var (name, value) in selected.RouteValues)
        {
            invocation.Metadata.Remove(name);
            invocation.With(name, value);
        }
        AddJson(invocation, "Query", query);
        AddJson(invocation, "Headers", request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString()));
        return invocation;
    }

    private static void AddJson(FunctionInvocation invocation, string name, Dictionary<string, string> values) =>
        invocation.Metadata.TryAdd(name, new TypedData { Json = JsonSerializer.Serialize(values) });

    private static async Task AddBodyAsync(FunctionInvocation invocation, HttpRequest request)
    {
        if (request.ContentLength is not (> 0 and <= LongestJson))
            return;
        using var reader = new StreamReader(request.Body, leaveOpen: true);
        invocation.AddProperties(await reader.ReadToEndAsync());
        request.Body.Position = 0;
    }
}
