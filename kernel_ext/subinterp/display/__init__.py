"""What people see: routes into the front end, badges, tables and errors of cells."""
