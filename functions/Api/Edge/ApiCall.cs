using Cloudreve.Core.Accounts;
using Cloudreve.Core.Site.Settings;
using Microsoft.Azure.Functions.Worker.Converters;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// The caller of a function, and the called site. Functions take it as a parameter. At a function of <see cref="AuthClass.None"/> the caller is
/// always anonymous.
/// </summary>
[InputConverter(typeof(ApiCallConverter))]
internal sealed record ApiCall(Caller Caller, SiteSettings Site);
