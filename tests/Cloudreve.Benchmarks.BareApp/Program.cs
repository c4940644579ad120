using Azure.Data.Tables;

// The least that a web app with Table storage can be: one route that reads one row. The yardstick of cold starts.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
var table = new TableClient(builder.Configuration["AzureWebJobsStorage"], builder.Configuration["BARE_TABLE"]);
var app = builder.Build();
app.MapGet("/", async (CancellationToken cancellationToken) =>
    (await table.GetEntityAsync<TableEntity>("p", "r", cancellationToken: cancellationToken)).Value.GetString("value"));
await app.RunAsync();
