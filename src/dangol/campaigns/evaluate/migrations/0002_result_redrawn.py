from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluate", "0001_initial")]

    operations = [migrations.AddField("result", "redrawn", models.BooleanField(null=True))]
