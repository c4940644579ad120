using System.Globalization;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Media.Thumbnails;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Tables;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Triggers;

/// <summary>Makes the thumbnail of a file whose id is in a message, so that it is there when somebody looks.</summary>
internal static class GenerateThumbnailFunction
{
    private const string Message = "message";

    /// <summary>Creates the function.</summary>
    /// <param name="layout">The queue's name.</param>
    public static TriggerFunction Create(StorageLayout layout) =>
        new("GenerateThumbnail", new QueueTrigger(Message, layout.ThumbnailsQueueName), RunAsync);

    private static async Task<InvocationResponse> RunAsync(InvocationRequest request, IServiceProvider services, CancellationToken cancellationToken)
    {
        // A message that is no id would be no id the next time, too.
        if (!long.TryParse(request.Text(Message), NumberStyles.None, CultureInfo.InvariantCulture, out var fileId)
            || await services.GetRequiredService<FileTree>().FindByIdAsync(fileId, cancellationToken) is not { } file)
            return InvocationResponse.Done;
        var site = await services.GetRequiredService<SettingStore>().GetAsync(cancellationToken);
        try
        {
            await services.GetRequiredService<ThumbnailService>().GetAsync(site, file, cancellationToken);
        }
        catch (CloudreveException)
        {
            // The service has noted why; whoever looks at the file tries again when it is time.
        }
        return InvocationResponse.Done;
    }
}
