using System.Xml.Linq;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Properties;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.WebDav.Answers;
using Cloudreve.Functions.WebDav.Properties;
using Cloudreve.Functions.WebDav.Requests;

namespace Cloudreve.Functions.WebDav.Methods;

/// <summary>Handles PROPPATCH: all of its changes are made, or none (RFC 4918, section 9.2).</summary>
/// <param name="places">Finds the resource.</param>
/// <param name="conditions">Checks what clients state.</param>
/// <param name="operations">Changes metadata.</param>
internal sealed class DavPropertyChange(DavPlaces places, DavConditions conditions, DriveOperations operations)
{
    private const int MaxChanges = 256;

    /// <summary>Changes properties. Path + 4 transactions.</summary>
    public async Task ChangeAsync(DavCall call, CancellationToken cancellationToken)
    {
        var changes = Read(await DavXml.ReadAsync(call.Request, cancellationToken));
        var work = call.NewWork(await conditions.CheckAsync(call, cancellationToken));
        var place = await places.OpenAsync(call, call.Path, NavigatorCapability.UpdateMetadata, cancellationToken);
        if (changes.Exists(change => PropertyWriter.IsLive(change.Name)))
        {
            await AnswerAsync(call, changes, isFolder: call.Path.HasSlash, change => PropertyWriter.IsLive(change.Name)
                ? StatusCodes.Status403Forbidden
                : StatusCodes.Status424FailedDependency, cancellationToken);
            return;
        }
        var rules = MetadataRules.Of(call.Site);
        var patches = changes.ConvertAll(change => new MetadataPatch(DeadProperties.KeyOf(change.Name), change.Value));
        try
        {
            var changed = await operations.UpdateAsync(
                work, place.Path, ActivityCategory.UpdateMetadata, file => file with { Metadata = rules.Apply(file.Metadata, patches) }, cancellationToken);
            await operations.PublishAsync(work, cancellationToken);
            await AnswerAsync(call, changes, changed.Type == FileType.Folder, _ => StatusCodes.Status200OK, cancellationToken);
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.BadParameter)
        {
            // More than an entry's metadata may hold.
            await AnswerAsync(call, changes, call.Path.HasSlash, _ => StatusCodes.Status507InsufficientStorage, cancellationToken);
        }
    }

    private static List<(XName Name, string? Value)> Read(XElement? body)
    {
        if (body?.Name != DavXml.Dav + "propertyupdate")
            throw new DavException(StatusCodes.Status400BadRequest, "The body is not a propertyupdate request.");
        var changes = new List<(XName Name, string? Value)>();
        foreach (var instruction in body.Elements().Where(e => e.Name == DavXml.Dav + "set" || e.Name == DavXml.Dav + "remove"))
        {
            foreach (var property in instruction.Elements(DavXml.Dav + "prop").Elements())
                changes.Add((property.Name, instruction.Name.LocalName == "set" ? DeadProperties.Print(property) : null));
        }
        return changes.Count is > 0 and <= MaxChanges
            ? changes
            : throw new DavException(StatusCodes.Status400BadRequest, "Provide between 1 and 256 property changes.");
    }

    private static async Task AnswerAsync(
        DavCall call, List<(XName Name, string? Value)> changes, bool isFolder, Func<(XName Name, string? Value), int> statusOf, CancellationToken cancellationToken)
    {
        await using var answer = new MultiStatus(call.Response);
        answer.BeginResponse(call.Path.Href(isFolder));
        foreach (var group in changes.GroupBy(statusOf))
        {
            answer.Xml.WriteStartElement("propstat", DavXml.Namespace);
            answer.Xml.WriteStartElement("prop", DavXml.Namespace);
            foreach (var name in group.Select(change => change.Name).Distinct())
            {
                answer.Xml.WriteStartElement(name.LocalName, name.NamespaceName);
                answer.Xml.WriteEndElement();
            }
            answer.Xml.WriteEndElement();
            answer.WriteStatus(group.Key);
            if (group.Key == StatusCodes.Status403Forbidden)
            {
                answer.Xml.WriteStartElement("error", DavXml.Namespace);
                answer.Xml.WriteElementString("cannot-modify-protected-property", DavXml.Namespace, null);
                answer.Xml.WriteEndElement();
            }
            answer.Xml.WriteEndElement();
        }
        answer.EndResponse();
        await answer.EndAsync(cancellationToken);
    }
}
